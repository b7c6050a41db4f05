#include "common/wire/task_json.h"

#include <nlohmann/json.hpp>

#include "common/base/decode_json.h"

namespace fringewatch {
namespace {

using Json = nlohmann::json;

Json ToJson(const Window& window) { return {window.row0, window.col0, window.rows, window.cols}; }

Window WindowOf(const Json& json) {
  return {json.at(0).get<int>(), json.at(1).get<int>(), json.at(2).get<int>(), json.at(3).get<int>()};
}

Json ToJson(const PixelRing& ring) {
  Json json = Json::array();
  for (const PixelPoint& point : ring) json.push_back({point.row, point.col});
  return json;
}

PixelRing RingOf(const Json& json) {
  PixelRing ring;
  for (const Json& point : json) ring.push_back({.col = point.at(1).get<double>(), .row = point.at(0).get<double>()});
  return ring;
}

Json ToJson(const FlaggedSite& site) {
  Json neighbours = Json::array();
  for (const PixelRing& ring : site.neighbours) neighbours.push_back(ToJson(ring));
  return {{"outline", ToJson(site.outline)},
          {"box", ToJson(site.box)},
          {"peak", {site.peak_row, site.peak_col}},
          {"score", site.score},
          {"mean_score", site.mean_score},
          {"area_px", site.area_px},
          {"kind", site.kind},
          {"voting_pairs", site.voting_pairs},
          {"neighbours", neighbours}};
}

FlaggedSite SiteOf(const Json& json) {
  FlaggedSite site;
  site.outline = RingOf(json.at("outline"));
  site.box = WindowOf(json.at("box"));
  site.peak_row = json.at("peak").at(0).get<int>();
  site.peak_col = json.at("peak").at(1).get<int>();
  site.score = json.at("score").get<double>();
  site.mean_score = json.at("mean_score").get<double>();
  site.area_px = json.at("area_px").get<int>();
  site.kind = json.at("kind").get<std::string>();
  site.voting_pairs = json.at("voting_pairs").get<std::vector<int>>();
  for (const Json& ring : json.at("neighbours")) site.neighbours.push_back(RingOf(ring));
  return site;
}

}  // namespace

namespace wire {

std::string TileToJson(const Tile& tile) {
  return Json{{"core", ToJson(tile.core)}, {"padded", ToJson(tile.padded)}}.dump();
}

std::string PatchOrderToJson(const PatchOrder& order) {
  return Json{{"detect_key", order.detect_key}, {"site_index", order.site_index}}.dump();
}

std::string SiteResultToJson(const SiteResult& result) {
  return Json{{"detect_key", result.order.detect_key},
              {"site_index", result.order.site_index},
              {"series_key", result.series_key}}
      .dump();
}

std::string DetectAnswerToJson(const DetectAnswer& answer) {
  Json sites = Json::array();
  for (const FlaggedSite& site : answer.sites) sites.push_back(ToJson(site));
  return Json{{"sites", sites}, {"pixels_scanned", answer.pixels_scanned}}.dump();
}

StatusOr<Tile> TileFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "tile", [](const Json& json) {
    return Tile{WindowOf(json.at("core")), WindowOf(json.at("padded"))};
  });
}

StatusOr<PatchOrder> PatchOrderFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "patch order", [](const Json& json) {
    return PatchOrder{json.at("detect_key").get<std::string>(), json.at("site_index").get<int>()};
  });
}

StatusOr<SiteResult> SiteResultFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "site result", [](const Json& json) {
    return SiteResult{{json.at("detect_key").get<std::string>(), json.at("site_index").get<int>()},
                      json.at("series_key").get<std::string>()};
  });
}

StatusOr<DetectAnswer> DetectAnswerFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "detection answer", [](const Json& json) {
    DetectAnswer answer;
    for (const Json& site : json.at("sites")) answer.sites.push_back(SiteOf(site));
    answer.pixels_scanned = json.at("pixels_scanned").get<long>();
    return answer;
  });
}

StatusOr<FlaggedSite> SiteFromAnswer(const PatchOrder& order, const std::string& answer_json) {
  FW_ASSIGN_OR_RETURN(DetectAnswer answer, DetectAnswerFromJson(answer_json));
  if (order.site_index < 0 || order.site_index >= static_cast<int>(answer.sites.size())) {
    return Error(Fault::kInternal, "{} holds {} sites, number {} was asked for", order.detect_key, answer.sites.size(),
                 order.site_index);
  }
  return std::move(answer.sites[order.site_index]);
}

}  // namespace wire
}  // namespace fringewatch
