// GAMMA folders: headerless big-endian <d1>_<d2>.diff* (complex64, or float32 phase), and <d1>_<d2>*.cc.
//
// Width and height come from a parameter file beside them or above; complex 0 is missing. Radar geometry: pixels are
// metres on the ground across and along the track.
#include <algorithm>
#include <cmath>

#include "common/io/candidate.h"

namespace fringewatch::io {
namespace {

constexpr int kPairDepth = 1;

// One parameter file: the raster size it states and the values of the radar.
struct Parameters {
  std::string path;
  int rows = 0;
  int cols = 0;
  std::map<std::string, std::string> values;
};

std::optional<Parameters> ReadParameters(const SourceFiles& disk, const std::string& path) {
  const StatusOr<std::string> text = disk.ReadText(path);
  if (!text.ok()) return std::nullopt;
  Parameters parameters{path, 0, 0, KeyValues(*text, ':')};
  const bool offset = path.ends_with(".off");
  const auto cols = NumberOf(parameters.values, offset ? "interferogram_width" : "range_samples");
  const auto rows = NumberOf(parameters.values, offset ? "interferogram_azimuth_lines" : "azimuth_lines");
  if (!cols || !rows || *cols < 1 || *rows < 1 || *cols > 1e6 || *rows > 1e6) return std::nullopt;
  parameters.cols = static_cast<int>(*cols);
  parameters.rows = static_cast<int>(*rows);
  return parameters;
}

// Parameter files of the folder, its subfolders and its parent.
std::vector<Parameters> FindParameters(const SourceFiles& disk, const std::string& folder) {
  std::vector<std::string> files = disk.FilesBelow(folder, kPairDepth);
  for (const std::string& file : disk.FilesBelow(FolderOf(folder), 0)) files.push_back(file);
  std::vector<Parameters> found;
  for (const std::string& file : files) {
    if (!file.ends_with("mli.par") && !file.ends_with(".off") && !file.ends_with("slc.par")) continue;
    if (auto parameters = ReadParameters(disk, file)) found.push_back(std::move(*parameters));
  }
  return found;
}

// The parameters whose size fits the most files, and whether those are complex.
struct Fit {
  const Parameters* parameters = nullptr;
  bool is_complex = true;
};

Fit BestFit(const SourceFiles& disk, const std::vector<Parameters>& all, const std::vector<std::string>& files) {
  Fit best;
  long best_count = -1;
  for (const Parameters& parameters : all) {
    const uint64_t pixels = static_cast<uint64_t>(parameters.rows) * static_cast<uint64_t>(parameters.cols);
    for (const bool is_complex : {true, false}) {
      const long count = std::count_if(files.begin(), files.end(), [&](const std::string& file) {
        return disk.FileSize(file) == pixels * (is_complex ? 8 : 4);
      });
      // Radar parameters say more than an offset file of the same size.
      const bool richer = best.parameters != nullptr && best.parameters->path.ends_with(".off");
      if (count > best_count || (count == best_count && richer && !parameters.path.ends_with(".off"))) {
        best = {&parameters, is_complex};
        best_count = count;
      }
    }
  }
  return best;
}

void ReadRadar(const std::vector<Parameters>& all, const Parameters& fitted, Listing& listing) {
  listing.Accept(fitted.path, "metadata");
  const Parameters* radar = &fitted;
  for (const Parameters& other : all) {  // an .off file knows the size only
    if (!radar->values.contains("radar_frequency") && other.values.contains("radar_frequency")) {
      radar = &other;
      listing.Accept(other.path, "metadata");
    }
  }
  const auto number = [&](const char* key) { return NumberOf(radar->values, key); };
  if (const auto frequency_hz = number("radar_frequency"); frequency_hz && *frequency_hz > 0.0) {
    listing.wavelength_m = kSpeedOfLight_m_per_s / *frequency_hz;
    listing.wavelength_source = "metadata";
  }
  const auto incidence = number("incidence_angle"), heading = number("heading");
  if (heading) listing.orbit_direction = OrbitOfHeading(*heading);
  if (heading && incidence) {
    listing.line_of_sight = LineOfSightOf(*heading, *incidence, number("azimuth_angle").value_or(90.0));
  }
  const auto range_m = number("range_pixel_spacing"), azimuth_m = number("azimuth_pixel_spacing");
  if (radar == &fitted && range_m && azimuth_m && incidence && *incidence > 0.0) {
    listing.spacing_x_m = *range_m / std::sin(*incidence * kPi / 180.0);
    listing.spacing_y_m = *azimuth_m;
  }
}

std::string CoherencePath(const SourceFiles& disk, const std::string& phase, const std::string& dates) {
  for (const std::string& file : disk.FilesBelow(FolderOf(phase), 0)) {
    const std::string name = BaseName(file);
    if (name.starts_with(dates + ".") && (name.ends_with(".cc") || name.ends_with(".cor"))) return file;
  }
  return {};
}

const std::regex& PairName() {
  static const std::regex pattern(R"(([^_.-]+)[_-]([^_.-]+)\..*diff.*)");
  return pattern;
}

std::vector<std::string> FindPairs(const SourceFiles& disk, const std::string& folder) {
  static const std::regex kNotData(R"(.*([._]par|\.(off|unw|cc|cor|bmp|ras|png|tif|xml|vrt|hdr|kml|txt|log)))");
  std::vector<std::string> files;
  for (const std::string& file : disk.FilesBelow(folder, kPairDepth)) {
    const std::string name = BaseName(file);
    if (std::regex_match(name, PairName()) && !std::regex_match(name, kNotData)) files.push_back(file);
  }
  return files;
}

void AddPair(const SourceFiles& disk, const std::string& file, const RawLayout& layout, const std::string& parameters,
             Listing& listing) {
  const std::string name = BaseName(file);
  std::smatch dates;
  std::regex_match(name, dates, PairName());
  Candidate candidate;
  candidate.name = name;
  if (!listing.SetDates(candidate, dates[1], dates[2], file)) return;
  candidate.phase = RawSource(file, layout);
  candidate.zero_is_missing = true;
  if (const uint64_t bytes = disk.FileSize(file).value_or(0); bytes > candidate.phase.raw_bytes) {
    return listing.Reject(file, "phase",
                          Error(Fault::kGridMismatch, "{}: has {} bytes, but {} x {} px of {} are {} bytes", file,
                                bytes, layout.cols, layout.rows, parameters, candidate.phase.raw_bytes));
  }
  if (const std::string path = CoherencePath(disk, file, name.substr(0, name.find('.'))); !path.empty()) {
    RawLayout coherence = layout;
    coherence.type = RawType::kFloat32;
    candidate.coherence = RawSource(path, coherence);
  }
  listing.candidates.push_back(std::move(candidate));
}

}  // namespace

StatusOr<Listing> ListGamma(const SourceFiles& disk, const StackSource& source) {
  Listing listing;
  listing.format = "gamma";
  listing.track_name = BaseName(source.path);
  listing.magnitude_may_be_coherence = true;
  const std::vector<std::string> files = FindPairs(disk, source.path);
  if (files.empty()) {
    return Error(Fault::kStackEmpty, "{}: no GAMMA interferograms (<date1>_<date2>.diff*)", source.path);
  }
  const std::vector<Parameters> parameters = FindParameters(disk, source.path);
  const Fit fit = BestFit(disk, parameters, files);
  if (fit.parameters == nullptr) {
    return Error(Fault::kNotReadable, "{}: no *mli.par, *slc.par or *.off here or above states the width", source.path);
  }
  ReadRadar(parameters, *fit.parameters, listing);
  RawLayout layout;
  layout.rows = fit.parameters->rows;
  layout.cols = fit.parameters->cols;
  layout.type = fit.is_complex ? RawType::kComplex64 : RawType::kFloat32;
  layout.big_endian = true;
  for (const std::string& file : files) AddPair(disk, file, layout, fit.parameters->path, listing);
  return listing;
}

}  // namespace fringewatch::io
