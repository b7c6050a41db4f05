#include "common/io/candidate.h"

#include <cmath>

namespace fringewatch::io {

void Listing::Accept(const std::string& path, const std::string& role, const std::string& remark) {
  records.push_back({path, role, InputRecord::Verdict::kAccepted, remark});
}

void Listing::Reject(const std::string& path, const std::string& role, const Status& status) {
  records.push_back({path, role, InputRecord::Verdict::kRejected, MessageOf(status)});
}

bool Listing::SetDates(Candidate& candidate, const std::string& first, const std::string& second,
                       const std::string& path) {
  const StatusOr<Date> date1 = ParseDate(first);
  const StatusOr<Date> date2 = ParseDate(second);
  if (!date1.ok() || !date2.ok()) {
    Reject(path, "phase", date1.ok() ? date2.status() : date1.status());
    return false;
  }
  candidate.first = *date1;
  candidate.second = *date2;
  return true;
}

std::string OrbitOfHeading(double heading_deg) {
  return std::cos(heading_deg * kPi / 180.0) > 0.0 ? "ascending" : "descending";
}

LineOfSight LineOfSightOf(double heading_deg, double incidence_deg, double look_deg) {
  // The ground sees the satellite opposite to where the radar looks.
  const double azimuth_rad = (heading_deg + look_deg + 180.0) * kPi / 180.0;
  const double incidence_rad = incidence_deg * kPi / 180.0;
  return {std::sin(incidence_rad) * std::sin(azimuth_rad), std::sin(incidence_rad) * std::cos(azimuth_rad),
          std::cos(incidence_rad)};
}

std::optional<LineOfSight> Normalised(const LineOfSight& sum) {
  const double length = std::hypot(sum.east, sum.north, sum.up);
  if (!(length > 0.0) || sum.up <= 0.0) return std::nullopt;
  return LineOfSight{sum.east / length, sum.north / length, sum.up / length};
}

StatusOr<std::vector<float>> SampleValues(const SourceRules& rules, const RasterSource& source, bool zero_is_missing) {
  FW_ASSIGN_OR_RETURN(const RasterInfo info, Inspect(source, rules));
  const DatasetPool pool(rules);
  std::vector<float> values;
  for (const Window& window : SampleWindows(info.grid.rows, info.grid.cols)) {
    FW_ASSIGN_OR_RETURN(const Array2<float> part, pool.Read(source, info, window));
    for (const float value : part.values) values.push_back(zero_is_missing && value == 0.0f ? kMissing : value);
  }
  return values;
}

}  // namespace fringewatch::io
