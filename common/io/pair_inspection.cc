#include "common/io/pair_inspection.h"

#include <algorithm>
#include <cmath>

namespace fringewatch::io {
namespace {

constexpr int kScanRows = 256;
constexpr float kRounding_rad = 0.01f;

bool Counts(float value, bool zero_is_missing) { return !std::isnan(value) && !(zero_is_missing && value == 0.0f); }

bool AnyValid(const Array2<float>& part, bool zero_is_missing) {
  return std::any_of(part.values.begin(), part.values.end(), [&](float v) { return Counts(v, zero_is_missing); });
}

// What the file says its numbers are; degrees are converted on reading.
Status SettleUnit(const RasterSource& source, RasterInfo& info, std::vector<std::string>& remarks) {
  std::string unit = info.unit;
  for (const char* tag : {"UNITS", "UNIT", "DATA_UNITS"}) {
    if (const auto found = info.tags.find(tag); unit.empty() && found != info.tags.end()) unit = found->second;
  }
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view length :
       {"m", "metre", "metres", "meter", "meters", "cm", "mm", "millimetres", "millimeters"}) {
    if (unit == length) {
      return Error(Fault::kInputRejected, "{}: holds displacement in {}, not phase in radians", source.path, unit);
    }
  }
  if (unit.starts_with("deg") && !info.is_complex) {
    info.scale *= kPi / 180.0;
    info.offset *= kPi / 180.0;
    remarks.push_back("degrees, read as radians");
  }
  return {};
}

std::optional<double> WavelengthTag(const RasterInfo& info) {
  for (const char* tag : {"WAVELENGTH_METRES", "WAVELENGTH_M", "WAVELENGTH"}) {
    const auto found = info.tags.find(tag);
    if (found == info.tags.end()) continue;
    char* end = nullptr;
    const double value = std::strtod(found->second.c_str(), &end);
    if (end != found->second.c_str() && value > 0.0 && std::isfinite(value)) return value;
  }
  return std::nullopt;
}

void SampleMagnitudes(const ComplexWindow& parts, InspectedPair& pair) {
  for (const float magnitude : parts.magnitude.values) {
    if (std::isnan(magnitude)) continue;
    pair.largest_magnitude = std::max(pair.largest_magnitude, magnitude);
    pair.smallest_magnitude = std::min(pair.smallest_magnitude, magnitude);
  }
}

// Wrapped phase spans [-pi, pi] or, by some programs, [0, 2 pi]; what is beyond is something else.
Status CheckPhaseSample(const DatasetPool& pool, InspectedPair& pair) {
  const Layer& phase = pair.layers.phase;
  float low = 0.0f, high = 0.0f;
  for (const Window& window : SampleWindows(phase.info.grid.rows, phase.info.grid.cols)) {
    if (phase.info.is_complex) {
      FW_ASSIGN_OR_RETURN(const ComplexWindow parts, pool.ReadComplex(phase.source, phase.info, window));
      SampleMagnitudes(parts, pair);
      continue;
    }
    FW_ASSIGN_OR_RETURN(const Array2<float> part, pool.Read(phase.source, phase.info, window));
    for (const float value : part.values) {
      low = std::min(low, value);  // NaN compares false and is passed over
      high = std::max(high, value);
    }
  }
  const auto pi = static_cast<float>(kPi) + kRounding_rad;
  const bool wrapped = (low >= -pi && high <= pi) || (low >= -kRounding_rad && high <= 2.0f * pi);
  if (wrapped || pair.candidate->unwrapped) return {};
  return Error(
      Fault::kInputRejected,
      "{}: spans {:.4g} to {:.4g}, which is not wrapped phase in radians; if it is unwrapped phase say --unwrapped",
      phase.source.path, low, high);
}

Status CheckCoherenceSample(const DatasetPool& pool, const Layer& coherence) {
  for (const Window& window : SampleWindows(coherence.info.grid.rows, coherence.info.grid.cols)) {
    FW_ASSIGN_OR_RETURN(const Array2<float> part, pool.Read(coherence.source, coherence.info, window));
    for (const float value : part.values) {
      if (!MayBeCoherence(value, coherence.info.is_byte)) return NoCoherence(coherence.source.path, value);
    }
  }
  return {};
}

Status InspectPhase(const SourceRules& rules, const DatasetPool& pool, InspectedPair& pair) {
  const Candidate& candidate = *pair.candidate;
  Layer& phase = pair.layers.phase;
  phase.source = candidate.phase;
  FW_ASSIGN_OR_RETURN(phase.info, Inspect(phase.source, rules));
  FW_RETURN_IF_ERROR(SettleUnit(phase.source, phase.info, pair.remarks));
  pair.layers.zero_is_missing = !phase.info.is_complex && (candidate.zero_is_missing || !phase.info.nodata);
  pair.wavelength_m = WavelengthTag(phase.info);
  if (phase.info.flip_rows) pair.remarks.push_back("rows turned: the file starts in the south");
  if (phase.info.is_complex) pair.remarks.push_back("phase of complex numbers");
  FW_RETURN_IF_ERROR(CheckPhaseSample(pool, pair));
  return CheckAnyValid(pool, phase, pair.layers.zero_is_missing);
}

Status InspectAll(const SourceRules& rules, const DatasetPool& pool, InspectedPair& pair) {
  const Candidate& candidate = *pair.candidate;
  if (candidate.first == candidate.second) {
    return Error(Fault::kBadDate, "{}: both dates of the pair are {}", candidate.phase.path, candidate.first.Iso());
  }
  FW_RETURN_IF_ERROR(InspectPhase(rules, pool, pair));
  if (!candidate.coherence && !candidate.coherence_expected.empty()) {
    return Error(Fault::kCoherenceMissing, "{}: its coherence {} is not there; supply it or remove the pair",
                 candidate.phase.path, candidate.coherence_expected);
  }
  if (!candidate.coherence) return {};
  Layer coherence{*candidate.coherence, {}, 0, 0};
  FW_ASSIGN_OR_RETURN(coherence.info, Inspect(coherence.source, rules));
  FW_RETURN_IF_ERROR(CheckCoherenceSample(pool, coherence));
  FW_RETURN_IF_ERROR(CheckAnyValid(pool, coherence, true));
  pair.layers.coherence = std::move(coherence);
  return {};
}

}  // namespace

Status CheckAnyValid(const DatasetPool& pool, const Layer& layer, bool zero_is_missing) {
  const Grid& grid = layer.info.grid;
  for (const Window& window : SampleWindows(grid.rows, grid.cols)) {
    FW_ASSIGN_OR_RETURN(const Array2<float> part, pool.Read(layer.source, layer.info, window));
    if (AnyValid(part, zero_is_missing)) return {};
  }
  for (int row = 0; row < grid.rows; row += kScanRows) {
    const Window band{row, 0, std::min(kScanRows, grid.rows - row), grid.cols};
    FW_ASSIGN_OR_RETURN(const Array2<float> part, pool.Read(layer.source, layer.info, band));
    if (AnyValid(part, zero_is_missing)) return {};
  }
  return Error(Fault::kNoValidPixels, "{}: every pixel is missing", layer.source.path);
}

InspectedPair InspectPair(const SourceRules& rules, const DatasetPool& pool, const Candidate& candidate,
                          bool flip_sign) {
  InspectedPair pair;
  pair.candidate = &candidate;
  pair.turned = candidate.second < candidate.first;
  pair.pair.date1 = std::min(candidate.first, candidate.second);
  pair.pair.date2 = std::max(candidate.first, candidate.second);
  pair.pair.perpendicular_baseline_m =
      pair.turned ? -candidate.perpendicular_baseline_m : candidate.perpendicular_baseline_m;
  pair.layers.negate = pair.turned != flip_sign;
  if (pair.turned) pair.remarks.push_back("newer date first: sign turned");
  if (candidate.unwrapped) pair.remarks.push_back("unwrapped phase, wrapped again");
  pair.status = InspectAll(rules, pool, pair);
  return pair;
}

}  // namespace fringewatch::io
