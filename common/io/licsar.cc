// LiCSAR frames (COMET): interferograms/<d1>_<d2>/<d1>_<d2>.geo.{diff_pha,unw,cc}.tif and metadata/.
//
// Frames that LiCSBAS downloaded (everything under GEOC/) are read too. Phase 0 is missing by definition of the
// product; coherence is uint8 (255 = 1) or float.
#include <cmath>
#include <map>

#include "common/io/candidate.h"
#include "common/io/sensor_table.h"

namespace fringewatch::io {
namespace {

const std::regex& FrameName() {
  static const std::regex pattern(R"(\d{3}[AD]_[A-Z0-9]{5}_\d{6})");
  return pattern;
}

struct FrameFolders {
  std::string pairs;
  std::string metadata;
};

std::optional<FrameFolders> FoldersOf(const SourceFiles& disk, const std::string& path) {
  if (disk.IsFolder(JoinPath(path, "interferograms"))) {
    return FrameFolders{JoinPath(path, "interferograms"), JoinPath(path, "metadata")};
  }
  if (disk.IsFolder(JoinPath(path, "GEOC"))) return FrameFolders{JoinPath(path, "GEOC"), JoinPath(path, "GEOC")};
  return std::nullopt;
}

// The frame folder: the source itself, or the only one right below it.
StatusOr<std::string> FindFrame(const SourceFiles& disk, const std::string& path) {
  if (FoldersOf(disk, path)) return path;
  std::vector<std::string> frames;
  for (const FolderEntry& entry : disk.ListFolder(path)) {
    const std::string below = JoinPath(path, entry.name);
    if (entry.is_folder && FoldersOf(disk, below)) frames.push_back(below);
  }
  if (frames.size() == 1) return frames[0];
  if (frames.empty()) {
    return Error(Fault::kStackEmpty, "{}: no LiCSAR frame here (a folder with interferograms/ or GEOC/ in it)", path);
  }
  return Error(Fault::kBadOption, "{}: holds {} frames ({}); name one of them", path, frames.size(),
               fmt::join(frames, ", "));
}

// The pair's coherence file, or the name that it should have.
void FindCoherence(const std::vector<std::string>& files, const std::string& folder, Candidate& candidate) {
  for (const std::string& file : files) {
    if (file.ends_with(".geo.cc.tif")) candidate.coherence = RasterSource{file};
  }
  if (!candidate.coherence) candidate.coherence_expected = JoinPath(folder, BaseName(folder) + ".geo.cc.tif");
}

void ListPair(const SourceFiles& disk, const std::string& folder, Listing& listing) {
  static const std::regex kTwoTexts("([^_]+)_([^_]+)");
  const std::string name = BaseName(folder);
  std::smatch texts;
  Candidate candidate;
  candidate.name = name;
  candidate.zero_is_missing = true;
  if (!std::regex_match(name, texts, kTwoTexts)) {
    listing.Reject(folder, "phase", Error(Fault::kBadDate, "'{}' is not a pair <date1>_<date2>", name));
    return;
  }
  if (!listing.SetDates(candidate, texts[1], texts[2], folder)) return;
  const std::vector<std::string> files = disk.FilesBelow(folder, 0);
  std::string wrapped, unwrapped;
  for (const std::string& file : files) {
    if (file.ends_with(".geo.diff_pha.tif")) wrapped = file;
    if (file.ends_with(".geo.diff_unfiltered_pha.tif") && wrapped.empty()) wrapped = file;
    if (file.ends_with(".geo.unw.tif")) unwrapped = file;
  }
  if (wrapped.empty() && unwrapped.empty()) {
    listing.Reject(folder, "phase", Error(Fault::kNotReadable, "{}: holds neither diff_pha nor unw", folder));
    return;
  }
  candidate.unwrapped = wrapped.empty();
  candidate.phase.path = wrapped.empty() ? unwrapped : wrapped;
  if (!wrapped.empty() && !unwrapped.empty()) {
    listing.records.push_back({unwrapped, "phase", InputRecord::Verdict::kSuperseded, "the wrapped phase is used"});
  }
  FindCoherence(files, folder, candidate);
  listing.candidates.push_back(std::move(candidate));
}

// Baselines relative to one date: 4 columns (primary secondary bperp days) or 9 (num mdate sdate bperp ...).
std::map<Date, double> ReadBaselines(const SourceFiles& disk, const std::string& path, Listing& listing) {
  std::map<Date, double> baselines;
  const StatusOr<std::string> text = disk.ReadText(path);
  if (!text.ok()) {
    listing.notes.push_back("no metadata/baselines: perpendicular baselines are unknown");
    return baselines;
  }
  size_t begin = 0;
  int unread = 0;
  while (begin < text->size()) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    const std::vector<std::string> words = Words(std::string_view(*text).substr(begin, end - begin));
    begin = end + 1;
    if (words.empty()) continue;
    const size_t first = words.size() >= 9 ? 1 : 0;
    if (words.size() < first + 3) {
      ++unread;
      continue;
    }
    const StatusOr<Date> primary = ParseDate(words[first]), secondary = ParseDate(words[first + 1]);
    const auto baseline_m = LeadingNumber(words[first + 2]);
    if (!primary.ok() || !secondary.ok() || !baseline_m) {
      ++unread;
      continue;
    }
    baselines.emplace(*primary, 0.0);
    baselines[*secondary] = *baseline_m;
  }
  listing.Accept(path, "metadata", unread == 0 ? "" : fmt::format("{} lines were not understood", unread));
  return baselines;
}

void SetBaselines(const std::map<Date, double>& baselines, Listing& listing) {
  int unknown = 0;
  for (Candidate& candidate : listing.candidates) {
    const auto first = baselines.find(candidate.first), second = baselines.find(candidate.second);
    if (first == baselines.end() || second == baselines.end()) {
      ++unknown;
    } else {
      candidate.perpendicular_baseline_m = second->second - first->second;
    }
  }
  if (unknown > 0 && !baselines.empty()) {
    listing.notes.push_back(
        fmt::format("the perpendicular baselines of {} of {} pairs are unknown", unknown, listing.candidates.size()));
  }
}

void ReadMetadataText(const SourceFiles& disk, const std::string& path, Listing& listing) {
  const StatusOr<std::string> text = disk.ReadText(path);
  const auto values = text.ok() ? KeyValues(*text, '=') : std::map<std::string, std::string>{};
  if (text.ok()) listing.Accept(path, "metadata");
  if (const auto heading = NumberOf(values, "heading")) {
    listing.orbit_direction = OrbitOfHeading(*heading);
    if (const auto incidence = NumberOf(values, "avg_incidence_angle")) {
      listing.line_of_sight = LineOfSightOf(*heading, *incidence);
    }
  }
  if (const auto wavelength_m = NumberOf(values, "wavelength")) {
    listing.wavelength_m = *wavelength_m;
    listing.wavelength_source = "metadata";
  } else if (const auto frequency_hz = NumberOf(values, "radar_freq"); frequency_hz && *frequency_hz > 0.0) {
    listing.wavelength_m = kSpeedOfLight_m_per_s / *frequency_hz;
    listing.wavelength_source = "metadata";
  }
}

// Mean of the E, N and U rasters; better than the mean angles where it is there.
void ReadLineOfSight(const SourceFiles& disk, const std::string& prefix, Listing& listing) {
  double mean[3] = {0.0, 0.0, 0.0};
  const char* const components[3] = {"E", "N", "U"};
  for (int c = 0; c < 3; ++c) {
    const RasterSource source{prefix + components[c] + ".tif"};
    if (!disk.FileExists(source.path)) return;
    const StatusOr<std::vector<float>> values = SampleValues(disk.rules(), source, true);
    if (!values.ok()) return listing.Reject(source.path, "metadata", values.status());
    listing.Accept(source.path, "metadata");
    int count = 0;
    for (const float value : *values) {
      if (std::isnan(value)) continue;
      mean[c] += value;
      ++count;
    }
    if (count > 0) mean[c] /= count;
  }
  if (const auto unit = Normalised({mean[0], mean[1], mean[2]})) listing.line_of_sight = unit;
}

// "<metadata>/<frame>.geo." or LiCSBAS's "GEOC/": what E.tif and hgt.tif follow.
std::string RasterPrefix(const SourceFiles& disk, const std::string& metadata) {
  for (const std::string& file : disk.FilesBelow(metadata, 0)) {
    for (const std::string_view end : {"geo.U.tif", "geo.hgt.tif"}) {
      if (file.ends_with(end)) return file.substr(0, file.size() - end.size()) + "geo.";
    }
  }
  return JoinPath(metadata, "geo.");
}

}  // namespace

StatusOr<Listing> ListLicsar(const SourceFiles& disk, const StackSource& source) {
  FW_ASSIGN_OR_RETURN(const std::string frame, FindFrame(disk, source.path));
  const FrameFolders folders = *FoldersOf(disk, frame);
  Listing listing;
  listing.format = "licsar";
  listing.track_name = BaseName(frame);
  const std::string prefix = RasterPrefix(disk, folders.metadata);
  std::smatch match;
  if (std::regex_search(prefix, match, FrameName())) listing.track_name = match.str();
  for (const FolderEntry& entry : disk.ListFolder(folders.pairs)) {
    if (entry.is_folder) ListPair(disk, JoinPath(folders.pairs, entry.name), listing);
  }
  ReadMetadataText(disk, JoinPath(folders.metadata, "metadata.txt"), listing);
  SetBaselines(ReadBaselines(disk, JoinPath(folders.metadata, "baselines"), listing), listing);
  ReadLineOfSight(disk, prefix, listing);
  if (std::regex_match(listing.track_name, FrameName())) {
    listing.orbit_direction = listing.track_name[3] == 'A' ? "ascending" : "descending";
  }
  if (!listing.wavelength_m) {  // the archive holds Sentinel-1 unless metadata.txt says otherwise
    listing.wavelength_m = FindSensor("S1")->Wavelength_m();
    listing.wavelength_source = "sensor table (S1)";
  }
  if (disk.FileExists(prefix + "hgt.tif")) listing.height = RasterSource{prefix + "hgt.tif"};
  return listing;
}

}  // namespace fringewatch::io
