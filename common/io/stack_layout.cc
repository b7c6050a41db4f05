// A stack that was accepted, as text: what FileStack is made of, so that other processes read the same pixels without
// judging the files again.
#include <cpl_vsi.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/decode_json.h"
#include "common/io/file_stack.h"
#include "common/io/open_stack.h"
#include "common/io/vsi.h"

namespace fringewatch::io {
namespace {

using Json = nlohmann::json;
using Verdict = InputRecord::Verdict;

/// JSON has no NaN: unknown numbers are null.
Json NumberOrNull(double value) { return std::isnan(value) ? Json() : Json(value); }
double NumberOf(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Json ToJson(const Grid& grid) {
  return {{"rows", grid.rows},
          {"cols", grid.cols},
          {"origin", {grid.x0, grid.y0}},
          {"step", {grid.dx, grid.dy}},
          {"crs", grid.crs_wkt},
          {"geographic", grid.geographic},
          {"spacing_m", {grid.spacing_x_m, grid.spacing_y_m}}};
}

Grid GridOf(const Json& json) {
  return {.rows = json.at("rows"),
          .cols = json.at("cols"),
          .x0 = json.at("origin").at(0),
          .y0 = json.at("origin").at(1),
          .dx = json.at("step").at(0),
          .dy = json.at("step").at(1),
          .crs_wkt = json.at("crs"),
          .geographic = json.at("geographic"),
          .spacing_x_m = json.at("spacing_m").at(0),
          .spacing_y_m = json.at("spacing_m").at(1)};
}

/// What reading needs of a band: no tags, and of its grid the size only.
Json ToJson(const Layer& layer) {
  const RasterInfo& info = layer.info;
  return {{"path", layer.source.path},
          {"vrt", layer.source.vrt},
          {"raw_bytes", layer.source.raw_bytes},
          {"source_band", layer.source.band},
          {"size", {info.grid.rows, info.grid.cols}},
          {"band", info.band},
          {"flip_rows", info.flip_rows},
          {"is_complex", info.is_complex},
          {"is_byte", info.is_byte},
          {"nodata", info.nodata ? NumberOrNull(*info.nodata) : Json("none")},
          {"scale", info.scale},
          {"offset", info.offset},
          {"shift", {layer.row_offset, layer.col_offset}}};
}

Layer LayerOf(const Json& json) {
  Layer layer;
  layer.source = {.path = json.at("path"),
                  .vrt = json.at("vrt"),
                  .raw_bytes = json.at("raw_bytes"),
                  .band = json.at("source_band")};
  layer.info.grid.rows = json.at("size").at(0);
  layer.info.grid.cols = json.at("size").at(1);
  layer.info.band = json.at("band");
  layer.info.flip_rows = json.at("flip_rows");
  layer.info.is_complex = json.at("is_complex");
  layer.info.is_byte = json.at("is_byte");
  if (!json.at("nodata").is_string()) layer.info.nodata = NumberOf(json.at("nodata"));
  layer.info.scale = json.at("scale");
  layer.info.offset = json.at("offset");
  layer.row_offset = json.at("shift").at(0);
  layer.col_offset = json.at("shift").at(1);
  return layer;
}

Json ToJson(const Track& track) {
  Json pairs = Json::array(), inputs = Json::array();
  for (const Pair& pair : track.pairs) {
    pairs.push_back(
        {pair.date1.days_since_1970, pair.date2.days_since_1970, NumberOrNull(pair.perpendicular_baseline_m)});
  }
  for (const InputRecord& input : track.inputs) {
    inputs.push_back({input.path, input.role, static_cast<int>(input.verdict), input.reason});
  }
  Json json{{"name", track.name},
            {"format", track.format},
            {"grid", ToJson(track.grid)},
            {"wavelength_m", track.wavelength_m},
            {"wavelength_source", track.wavelength_source},
            {"orbit_direction", track.orbit_direction},
            {"pairs", pairs},
            {"has_coherence", track.has_coherence},
            {"has_height", track.has_height},
            {"rewrapped", track.rewrapped},
            {"inputs", inputs},
            {"notes", track.notes}};
  if (const auto& los = track.line_of_sight) json["line_of_sight"] = {los->east, los->north, los->up};
  return json;
}

Track TrackOf(const Json& json) {
  Track track{.name = json.at("name"),
              .format = json.at("format"),
              .grid = GridOf(json.at("grid")),
              .wavelength_m = json.at("wavelength_m"),
              .wavelength_source = json.at("wavelength_source"),
              .orbit_direction = json.at("orbit_direction"),
              .has_coherence = json.at("has_coherence"),
              .has_height = json.at("has_height"),
              .rewrapped = json.at("rewrapped"),
              .notes = json.at("notes")};
  if (json.contains("line_of_sight")) {
    const Json& los = json.at("line_of_sight");
    track.line_of_sight = LineOfSight{los.at(0), los.at(1), los.at(2)};
  }
  for (const Json& pair : json.at("pairs")) {
    track.pairs.push_back({Date{pair.at(0)}, Date{pair.at(1)}, NumberOf(pair.at(2))});
  }
  for (const Json& input : json.at("inputs")) {
    track.inputs.push_back({input.at(0), input.at(1), static_cast<Verdict>(input.at(2).get<int>()), input.at(3)});
  }
  return track;
}

Json ToJson(const PairLayers& pair) {
  return {{"phase", ToJson(pair.phase)},
          {"coherence", pair.coherence ? ToJson(*pair.coherence) : Json()},
          {"negate", pair.negate},
          {"zero_is_missing", pair.zero_is_missing},
          {"magnitude_is_coherence", pair.magnitude_is_coherence}};
}

PairLayers PairLayersOf(const Json& json) {
  PairLayers pair{.phase = LayerOf(json.at("phase")),
                  .negate = json.at("negate"),
                  .zero_is_missing = json.at("zero_is_missing"),
                  .magnitude_is_coherence = json.at("magnitude_is_coherence")};
  if (!json.at("coherence").is_null()) pair.coherence = LayerOf(json.at("coherence"));
  return pair;
}

/// A file in an object store may have been mended since GDAL looked last.
void ForgetCached(const Layer& layer) {
  if (IsVirtualPath(layer.source.path)) VSICurlPartialClearCache(layer.source.path.c_str());
}

/// What a FileStack is made of.
struct Parts {
  Track track;
  std::vector<PairLayers> pairs;
  std::optional<Layer> height;
};

Parts PartsOf(const Json& json) {
  Parts parts{.track = TrackOf(json.at("track"))};
  for (const Json& pair : json.at("pairs")) parts.pairs.push_back(PairLayersOf(pair));
  if (!json.at("height").is_null()) parts.height = LayerOf(json.at("height"));
  return parts;
}

}  // namespace

std::string FileStack::Layout() const {
  Json pairs = Json::array();
  for (const PairLayers& pair : pairs_) pairs.push_back(ToJson(pair));
  const Json json{{"track", ToJson(track_)}, {"pairs", pairs}, {"height", height_ ? ToJson(*height_) : Json()}};
  // File names may hold any bytes; those that are no UTF-8 are replaced, and such a file is not found again.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StatusOr<std::unique_ptr<StackReader>> ReopenStack(const std::string& layout, const SourceRules& rules) {
  PrepareGdal();
  FW_ASSIGN_OR_RETURN(Parts parts, DecodeJson<Json>(layout, "layout of a stack", PartsOf));
  if (parts.pairs.size() != parts.track.pairs.size()) {
    return Error(Fault::kInternal, "layout of a stack: files of {} pairs for {}", parts.pairs.size(),
                 parts.track.pairs.size());
  }
  for (const PairLayers& pair : parts.pairs) {
    ForgetCached(pair.phase);
    if (pair.coherence) ForgetCached(*pair.coherence);
  }
  if (parts.height) ForgetCached(*parts.height);
  return std::unique_ptr<StackReader>(
      std::make_unique<FileStack>(std::move(parts.track), std::move(parts.pairs), std::move(parts.height), rules));
}

}  // namespace fringewatch::io
