#include "services/results/app/result_messages.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/hash.h"
#include "common/io/files.h"
#include "common/wire/message_text.h"
#include "common/wire/request_fields.h"

namespace fringewatch::results {
namespace {

using wire::MessageText;
using wire::RequestFields;

constexpr size_t kLongestName = 256;

/// As YYYY-MM-DD; empty stays empty.
std::string DayOf(const std::string& text, const char* field, RequestFields& fields) {
  if (text.empty()) return {};
  const StatusOr<Date> date = ParseDate(text.substr(0, kLongestName));
  fields.Require(date.ok(), field, date.ok() ? "" : MessageOf(date.status()));
  return date.ok() ? date->Iso() : std::string();
}

std::optional<GeoBox> BoxOf(const v1::BoundingBox& box, RequestFields& fields) {
  const auto inside = [](double degrees, double most) { return std::abs(degrees) <= most; };  // NaN is not
  fields.Require(inside(box.west(), 180) && inside(box.east(), 180), "bbox",
                 fmt::format("west {} and east {} must be longitudes, -180 to 180", box.west(), box.east()));
  fields.Require(inside(box.south(), 90) && inside(box.north(), 90), "bbox",
                 fmt::format("south {} and north {} must be latitudes, -90 to 90", box.south(), box.north()));
  fields.Require(!(box.south() > box.north()), "bbox",
                 fmt::format("south {} is north of north {}", box.south(), box.north()));
  return GeoBox{box.west(), box.south(), box.east(), box.north()};
}

double VelocityOf(double min_velocity_mm_yr, RequestFields& fields) {
  fields.Require(std::isfinite(min_velocity_mm_yr) && min_velocity_mm_yr >= 0, "min_velocity_mm_yr",
                 fmt::format("{} is not 0 or more; it counts either way", min_velocity_mm_yr));
  return min_velocity_mm_yr;
}

}  // namespace

StatusOr<SiteQuery> ToQuery(const v1::ListSitesRequest& request) {
  RequestFields fields;
  fields.Text(request.run_id(), "run_id", kLongestName);
  fields.Text(request.track(), "track", kLongestName);
  SiteQuery query{.box = {},
                  .run_id = request.run_id(),
                  .from_date = DayOf(request.from_date(), "from_date", fields),
                  .to_date = DayOf(request.to_date(), "to_date", fields),
                  .min_velocity_mm_yr = VelocityOf(request.min_velocity_mm_yr(), fields),
                  .track = request.track()};
  if (request.has_bbox()) query.box = BoxOf(request.bbox(), fields);
  fields.Require(query.to_date.empty() || query.from_date <= query.to_date, "to_date",
                 fmt::format("{} lies before from_date {}", query.to_date, query.from_date));
  FW_RETURN_IF_ERROR(fields.ToStatus("ListSites"));
  return query;
}

StatusOr<SiteQuery> ToQuery(const v1::WatchSitesRequest& request) {
  RequestFields fields;
  fields.Text(request.run_id(), "run_id", kLongestName);
  SiteQuery query{.box = {},
                  .run_id = request.run_id(),
                  .from_date = {},
                  .to_date = {},
                  .min_velocity_mm_yr = VelocityOf(request.min_velocity_mm_yr(), fields),
                  .track = {}};
  if (request.has_bbox()) query.box = BoxOf(request.bbox(), fields);
  FW_RETURN_IF_ERROR(fields.ToStatus("WatchSites"));
  return query;
}

std::string NameOfList(const v1::ListSitesRequest& request) {
  v1::ListSitesRequest filters = request;
  filters.clear_page_size();
  filters.clear_page_token();
  return "sites " + filters.SerializeAsString();
}

v1::Site ToMessage(const InventorySite& site) {
  v1::Site message;
  message.set_site_id(site.site_id);
  message.set_run_id(site.run_id);
  message.set_track(MessageText(site.track));
  message.set_kind(site.kind);
  message.set_score(site.score);
  message.set_probability(site.probability);
  message.set_first_date(site.first_date);
  message.set_last_date(site.last_date);
  message.set_area_m2(site.area_m2);
  message.set_vel_mm_yr(site.vel_mm_yr);
  message.set_vel_std_mm_yr(site.vel_std_mm_yr);
  message.set_vel_max_mm_yr(site.vel_max_mm_yr);
  message.set_accel_mm_yr2(site.accel_mm_yr2);
  message.set_quality(site.quality);
  message.set_flags(site.flags);
  message.set_orbit(site.orbit);
  message.set_pairs(site.pairs);
  message.set_outline_wkt(ToWkt(site.outline));
  message.set_peak_lon(site.peak_lon);
  message.set_peak_lat(site.peak_lat);
  message.set_peak_row(site.peak_row);
  message.set_peak_col(site.peak_col);
  message.set_failure(MessageText(site.failure));
  message.set_provisional(site.provisional);
  if (!google::protobuf::util::TimeUtil::FromString(site.updated_at, message.mutable_updated_at())) {
    message.clear_updated_at();
  }
  return message;
}

v1::Series ToMessage(const InventorySite& site, const DisplacementSeries& series) {
  v1::Series message;
  message.set_site_id(site.site_id);
  message.set_run_id(site.run_id);
  for (const Date date : series.dates) message.add_dates(date.Iso());
  message.mutable_displacement_mm()->Add(series.displacement_mm.begin(), series.displacement_mm.end());
  message.mutable_displacement_std_mm()->Add(series.displacement_std_mm.begin(), series.displacement_std_mm.end());
  message.set_vel_mm_yr(series.vel_mm_yr);
  message.set_vel_std_mm_yr(series.vel_std_mm_yr);
  message.set_pixels(series.pixels);
  message.set_flags(series.flags);
  return message;
}

StatusOr<v1::GetProductsResponse> ProductsOf(const std::string& manifest, const std::string& folder_uri) {
  v1::GetProductsResponse response;
  response.set_folder_uri(MessageText(folder_uri));
  response.set_manifest_sha256(Sha256(manifest));
  try {
    const auto json = nlohmann::json::parse(manifest);
    response.set_run_id(json.at("run_id").get<std::string>());
    for (const auto& file : json.at("products")) {
      v1::Product* product = response.add_products();
      const std::string path = file.at("path").get<std::string>();
      product->set_path(path);
      product->set_uri(MessageText(io::JoinPath(folder_uri, path)));
      product->set_sha256(file.at("sha256").get<std::string>());
      product->set_bytes(file.at("bytes").get<uint64_t>());
    }
  } catch (const nlohmann::json::exception& e) {
    return Error(Fault::kNotReadable, "{}: not a manifest ({})", io::JoinPath(folder_uri, "manifest.json"), e.what());
  }
  return response;
}

std::string ToWkt(const std::vector<io::LonLat>& ring) {
  if (ring.empty()) return {};
  std::string text = "POLYGON ((";
  for (const io::LonLat& point : ring) text += fmt::format("{} {}, ", point.lon, point.lat);
  return text + fmt::format("{} {}))", ring[0].lon, ring[0].lat);
}

}  // namespace fringewatch::results
