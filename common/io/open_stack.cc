#include "common/io/open_stack.h"

#include <cpl_vsi.h>

#include <algorithm>
#include <cmath>

#include "common/io/admission.h"
#include "common/io/candidate.h"
#include "common/io/source_files.h"
#include "common/io/vsi.h"
#include "common/stack/envelope.h"

namespace fringewatch::io {
namespace {

using Reader = StatusOr<Listing> (*)(const SourceFiles&, const StackSource&);
constexpr std::pair<std::string_view, Reader> kReaders[] = {
    {"licsar", ListLicsar}, {"hyp3", ListHyp3}, {"isce2", ListIsce2}, {"gamma", ListGamma}, {"geotiff", ListGeotiff}};
constexpr double kWavelengthOptionMatch = 0.01;

// The first reader that finds an interferogram; geotiff only when a pattern is given.
StatusOr<Listing> ListAuto(const SourceFiles& disk, const StackSource& source) {
  if (!source.pattern.empty()) return ListGeotiff(disk, source);
  std::optional<Listing> rejected;
  for (const auto& [name, list] : kReaders) {
    if (name == "geotiff") continue;
    StatusOr<Listing> listing = list(disk, source);
    if (!listing.ok() && CodeOf(Fault::kStackEmpty) == listing.status().code()) continue;
    if (!listing.ok()) return listing.status();
    if (!listing->candidates.empty()) return listing;
    // Pairs that could not be read still tell the format.
    if (!listing->records.empty() && !rejected) rejected = *std::move(listing);
  }
  if (rejected) return *std::move(rejected);
  if (disk.ListFolder(source.path).empty()) return Error(Fault::kStackEmpty, "{}: the folder is empty", source.path);
  return Error(Fault::kFormatUnknown,
               "{}: neither LiCSAR, HyP3, ISCE2 nor GAMMA interferograms; name other rasters with --pattern "
               "'x_{{date1}}-{{date2}}_unw.tif'",
               source.path);
}

StatusOr<Listing> List(const SourceFiles& disk, const StackSource& source) {
  if (!disk.IsFolder(source.path)) return Error(Fault::kNotReadable, "{}: no such folder", source.path);
  if (source.format == "auto") return ListAuto(disk, source);
  for (const auto& [name, list] : kReaders) {
    if (name == source.format) return list(disk, source);
  }
  return Error(Fault::kFormatUnknown, "'{}' is not one of auto, licsar, hyp3, isce2, gamma, geotiff", source.format);
}

void ApplyWavelengthOption(const StackSource& source, Listing& listing) {
  if (!source.wavelength_m) return;
  if (listing.wavelength_m && std::abs(*source.wavelength_m / *listing.wavelength_m - 1.0) > kWavelengthOptionMatch) {
    listing.notes.push_back(fmt::format("--wavelength {} m overrules the {} m of the {}", *source.wavelength_m,
                                        *listing.wavelength_m, listing.wavelength_source));
  }
  listing.wavelength_m = source.wavelength_m;
  listing.wavelength_source = "option --wavelength";
}

// Spacing from the grid, else the format's, else the option.
void SettleSpacing(const StackSource& source, Listing& listing, Grid& grid) {
  if (!grid.crs_wkt.empty()) {
    if (grid.geographic) SetSpacing(grid);  // its centre may have moved
    return;
  }
  if (source.pixel_size_m) {
    listing.spacing_x_m = listing.spacing_y_m = *source.pixel_size_m;
  } else if (listing.spacing_x_m <= 0.0 && (grid.dx != 1.0 || grid.dy != -1.0)) {
    return;  // metres without a reference system, as read
  }
  grid.spacing_x_m = listing.spacing_x_m;
  grid.spacing_y_m = listing.spacing_y_m;
  if (grid.spacing_x_m > 0.0 && grid.dx == 1.0 && grid.dy == -1.0) {
    grid.dx = grid.spacing_x_m;
    grid.dy = -grid.spacing_y_m;
  }
  if (grid.spacing_x_m <= 0.0) listing.notes.push_back("the pixel spacing is unknown: give --pixel-size METRES");
}

// LiCSAR frames and metadata headings must agree with where the satellite stands.
void CheckLineOfSight(Listing& listing) {
  if (!listing.line_of_sight || listing.orbit_direction == "unknown") return;
  const bool west = listing.line_of_sight->east < 0.0;
  if (west == (listing.orbit_direction == "ascending")) return;
  listing.notes.push_back(fmt::format("the line of sight (east {:.2f}) is not that of a right-looking {} pass",
                                      listing.line_of_sight->east, listing.orbit_direction));
}

// What the operator names himself, before anything of it is looked at.
Status CheckPlaces(const StackSource& source, const SourceRules& rules) {
  if (!rules.confined()) return {};
  std::vector<std::string> found;
  const auto add = [&](const Status& status, std::string_view option) {
    if (!status.ok()) found.push_back(MessageOf(Annotate(status, option)));
  };
  add(rules.CheckPath(source.path), "--source");
  if (!source.height_path.empty()) add(rules.CheckPath(source.height_path), "--dem");
  // Patterns are completed by the names of files below the folder: what they hold must stay there.
  if (!source.pattern.empty()) add(rules.CheckPath(JoinPath(source.path, source.pattern)), "--pattern");
  if (!source.coherence_pattern.empty()) {
    add(rules.CheckPath(JoinPath(source.path, source.coherence_pattern)), "--coherence");
  }
  if (found.empty()) return {};
  return Status(CodeOf(Fault::kPathForbidden), fmt::format("{}", fmt::join(found, "\n  ")));
}

Status CheckOptions(const SourceFiles& disk, const StackSource& source) {
  Problems problems;
  if (source.wavelength_m && !(*source.wavelength_m > 0.0 && *source.wavelength_m < 2.0)) {
    problems.Add(Fault::kBadOption,
                 fmt::format("--wavelength {} is not a radar wavelength in metres", *source.wavelength_m));
  }
  if (source.pixel_size_m && !(*source.pixel_size_m > 0.0)) {
    problems.Add(Fault::kBadOption, fmt::format("--pixel-size {} is not a length in metres", *source.pixel_size_m));
  }
  if (source.format == "geotiff" && source.pattern.empty()) {
    problems.Add(Fault::kBadOption, "--format geotiff needs --pattern 'x_{date1}-{date2}_unw.tif'");
  }
  if (!source.height_path.empty() && !disk.FileExists(source.height_path)) {
    problems.Add(Fault::kBadOption, fmt::format("--dem {}: no such file", source.height_path));
  }
  return problems.ToStatus("options of the stack");
}

// Nothing to work with, or no wavelength: everything that is wrong, at once.
Status CheckUsable(const StackSource& source, const Listing& listing, const Admitted& admitted) {
  Problems problems;
  if (admitted.pairs.empty()) {
    std::vector<std::string> reasons;
    for (const InputRecord& record : listing.records) {
      if (record.verdict != InputRecord::Verdict::kRejected || record.role == "coherence") continue;
      const bool named = record.reason.find(record.path) != std::string::npos;
      reasons.push_back(named ? record.reason : fmt::format("{}: {}", record.path, record.reason));
    }
    problems.Add(Fault::kStackEmpty,
                 fmt::format("{}: no usable {} pair{}", source.path, listing.format,
                             reasons.empty() ? "; the folder holds none" : ":\n    " + JoinFirst(reasons, "\n    ")));
  }
  if (!listing.wavelength_m) {
    problems.Add(Fault::kWavelengthMissing,
                 "the files do not state it; give --wavelength METRES (Sentinel-1: 0.0554658)");
  }
  return problems.ToStatus("stack " + source.path);
}

}  // namespace

StatusOr<std::unique_ptr<StackReader>> OpenStack(const StackSource& source, const SourceRules& rules) {
  PrepareGdal();
  FW_RETURN_IF_ERROR(CheckPlaces(source, rules));
  // A file in an object store may have been mended since GDAL looked last.
  if (IsVirtualPath(source.path)) VSICurlPartialClearCache(source.path.c_str());
  const SourceFiles disk(rules, source.path);
  FW_RETURN_IF_ERROR(CheckOptions(disk, source));
  StatusOr<Listing> listed = List(disk, source);
  FW_RETURN_IF_ERROR(disk.Violations());  // above all else: they may be why nothing was found
  FW_RETURN_IF_ERROR(listed.status());
  Listing listing = *std::move(listed);
  Admitted admitted = Admit(listing, source, rules);
  ApplyWavelengthOption(source, listing);
  FW_RETURN_IF_ERROR(CheckUsable(source, listing, admitted));
  SettleSpacing(source, listing, admitted.grid);
  CheckLineOfSight(listing);
  if (source.flip_sign) listing.notes.push_back("the sign of every pair is turned (--flip-sign)");

  Track track;
  track.name = source.track_name.empty() ? listing.track_name : source.track_name;
  track.format = listing.format;
  track.grid = std::move(admitted.grid);
  track.wavelength_m = *listing.wavelength_m;
  track.wavelength_source = listing.wavelength_source;
  track.line_of_sight = listing.line_of_sight;
  track.orbit_direction = listing.orbit_direction;
  track.pairs = std::move(admitted.pairs);
  track.has_coherence = admitted.has_coherence;
  track.has_height = admitted.height.has_value();
  track.rewrapped = admitted.rewrapped;
  track.inputs = std::move(listing.records);
  track.notes = std::move(listing.notes);
  for (std::string& reason : OutsideEnvelope(track)) track.notes.push_back(std::move(reason));
  return std::unique_ptr<StackReader>(
      std::make_unique<FileStack>(std::move(track), std::move(admitted.layers), std::move(admitted.height), rules));
}

}  // namespace fringewatch::io
