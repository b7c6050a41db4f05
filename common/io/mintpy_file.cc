#include "common/io/mintpy_file.h"

#include <ogr_spatialref.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <queue>

#include "common/io/file_replace.h"
#include "common/io/hdf5_memory.h"

namespace fringewatch::io {
namespace {

using Attributes = std::map<std::string, std::string>;

Attributes GridAttributes(const Window& window, const Grid& grid) {
  return {{"LENGTH", fmt::format("{}", window.rows)},
          {"WIDTH", fmt::format("{}", window.cols)},
          {"X_FIRST", fmt::format("{}", grid.X(window.col0))},
          {"Y_FIRST", fmt::format("{}", grid.Y(window.row0))},
          {"X_STEP", fmt::format("{}", grid.dx)},
          {"Y_STEP", fmt::format("{}", grid.dy)},
          {"X_UNIT", grid.geographic ? "degrees" : "meters"},
          {"Y_UNIT", grid.geographic ? "degrees" : "meters"},
          {"SUBSET_XMIN", fmt::format("{}", window.col0)},
          {"SUBSET_XMAX", fmt::format("{}", window.col1())},
          {"SUBSET_YMIN", fmt::format("{}", window.row0)},
          {"SUBSET_YMAX", fmt::format("{}", window.row1())}};
}

/// "32631", or "" when the coordinate system has no EPSG number.
std::string EpsgOf(const std::string& crs_wkt) {
  OGRSpatialReference reference;
  if (crs_wkt.empty() || reference.SetFromUserInput(crs_wkt.c_str()) != OGRERR_NONE) return {};
  const char* code = reference.GetAuthorityCode(nullptr);
  return code ? code : "";
}

/// The middle of the local reference, as MintPy's single reference pixel.
void AddReference(const SiteSeries& series, const Grid& grid, Attributes& attributes) {
  double rows = 0, cols = 0;
  int count = 0;
  for (int r = 0; r < series.flags.rows; ++r) {
    for (int c = 0; c < series.flags.cols; ++c) {
      if (series.flags(r, c) & kReferenceArea) rows += r, cols += c, ++count;
    }
  }
  if (count == 0) return;
  const int row = static_cast<int>(std::lround(rows / count)), col = static_cast<int>(std::lround(cols / count));
  attributes["REF_Y"] = fmt::format("{}", row);
  attributes["REF_X"] = fmt::format("{}", col);
  attributes["REF_LAT"] = fmt::format("{}", grid.Y(series.window.row0 + row + 0.5));
  attributes["REF_LON"] = fmt::format("{}", grid.X(series.window.col0 + col + 0.5));
}

Attributes RootAttributes(const SiteSeries& series, const Track& track, const Attributes& extra) {
  Attributes attributes = {{"FILE_TYPE", "timeseries"},
                           {"UNIT", "m"},
                           {"SIGN", "positive_toward_satellite"},
                           {"DATA_TYPE", "float32"},
                           {"PROJECT_NAME", track.name},
                           {"PROCESSOR", track.format},
                           {"WAVELENGTH", fmt::format("{}", track.wavelength_m)},
                           {"ORBIT_DIRECTION", track.orbit_direction},
                           {"REFERENCE_PIXELS", fmt::format("{}", series.reference_pixels)},
                           {"PIXELS_UNWRAPPED", fmt::format("{}", series.pixels_unwrapped)}};
  attributes.merge(GridAttributes(series.window, track.grid));
  AddReference(series, track.grid, attributes);
  if (!track.grid.crs_wkt.empty()) attributes["CRS_WKT"] = track.grid.crs_wkt;
  if (const std::string epsg = EpsgOf(track.grid.crs_wkt); !epsg.empty()) attributes["EPSG"] = epsg;
  if (track.line_of_sight) {
    attributes["LOS_EAST_NORTH_UP"] =
        fmt::format("{},{},{}", track.line_of_sight->east, track.line_of_sight->north, track.line_of_sight->up);
  }
  if (!series.dates.empty()) {
    attributes["REF_DATE"] = attributes["START_DATE"] = series.dates.front().Compact();
    attributes["END_DATE"] = series.dates.back().Compact();
  }
  for (size_t i = 0; i < series.notes.size(); ++i) attributes[fmt::format("NOTE_{}", i + 1)] = series.notes[i];
  for (const auto& [name, value] : extra) attributes[name] = value;
  return attributes;
}

void WriteDates(const SiteSeries& series, const Track& track, Hdf5Image& image) {
  if (series.dates.empty()) return;
  std::string text;
  for (const Date date : series.dates) text += date.Compact();
  const std::vector<double> baselines = DateBaselines_m(track.pairs, series.dates);
  const std::vector<float> bperp(baselines.begin(), baselines.end());
  image.Write("date", FixedString(8), {series.dates.size()}, text.data());
  image.Write("bperp", H5T_NATIVE_FLOAT, {bperp.size()}, bperp.data());
}

int IntegerAttribute(const Hdf5View& file, const std::string& name) { return std::atoi(file.Attribute(name).c_str()); }

Status ReadDates(const Hdf5View& file, SiteSeries& series) {
  const std::vector<hsize_t> shape = file.Shape("date");
  if (shape.size() != 1) return {};
  std::string text(shape[0] * 8, '\0');
  if (!file.Read("date", FixedString(8), text.data())) {
    return Error(Fault::kNotReadable, "dataset `date` cannot be read");
  }
  for (size_t i = 0; i < shape[0]; ++i) {
    FW_ASSIGN_OR_RETURN(const Date date, ParseDate(std::string_view(text).substr(8 * i, 8)));
    series.dates.push_back(date);
  }
  return {};
}

Array2<uint8_t> ReadFlags(const Hdf5View& file) {
  const std::vector<hsize_t> shape = file.Shape("flags");
  if (shape.size() != 2) return {};
  Array2<uint8_t> flags(static_cast<int>(shape[0]), static_cast<int>(shape[1]));
  return file.Read("flags", H5T_NATIVE_UINT8, flags.values.data()) ? flags : Array2<uint8_t>();
}

/// Every array has the shape that the attributes and dates promise, or is absent.
bool Consistent(const SiteSeries& series) {
  const auto fits = [&](const auto& raster) {
    return raster.empty() || (raster.rows == series.window.rows && raster.cols == series.window.cols);
  };
  const auto fits_dates = [&](const Array3<float>& stack) {
    return fits(stack) && (stack.empty() || stack.planes == static_cast<int>(series.dates.size()));
  };
  return fits_dates(series.displacement_m) && fits_dates(series.displacement_std_m) && fits(series.velocity_m_per_yr) &&
         fits(series.velocity_std_m_per_yr) && fits(series.acceleration_m_per_yr2) &&
         fits(series.acceleration_std_m_per_yr2) && fits(series.temporal_coherence) && fits(series.mean_coherence) &&
         fits(series.flags);
}

}  // namespace

std::vector<double> DateBaselines_m(const std::vector<Pair>& pairs, const std::vector<Date>& dates) {
  std::vector<double> baseline(dates.size(), std::nan(""));
  if (dates.empty()) return baseline;
  const auto index_of = [&](Date date) -> size_t {
    const auto found = std::lower_bound(dates.begin(), dates.end(), date);
    return found != dates.end() && *found == date ? static_cast<size_t>(found - dates.begin()) : dates.size();
  };
  baseline[0] = 0.0;
  std::queue<size_t> open({0});
  for (; !open.empty(); open.pop()) {
    const size_t here = open.front();
    for (const Pair& pair : pairs) {
      const size_t first = index_of(pair.date1), second = index_of(pair.date2);
      if (std::isnan(pair.perpendicular_baseline_m) || first == dates.size() || second == dates.size()) continue;
      const size_t there = first == here ? second : second == here ? first : dates.size();
      if (there == dates.size() || !std::isnan(baseline[there])) continue;
      baseline[there] = baseline[here] + (there == second ? 1.0 : -1.0) * pair.perpendicular_baseline_m;
      open.push(there);
    }
  }
  return baseline;
}

StatusOr<std::string> EncodeSiteFile(const SiteSeries& series, const Track& track, const Attributes& attributes) {
  Hdf5Image image;
  WriteDates(series, track, image);
  image.WriteStack("timeseries", series.displacement_m);
  image.WriteStack("timeseriesStd", series.displacement_std_m);
  image.WriteRaster("velocity", series.velocity_m_per_yr);
  image.WriteRaster("velocityStd", series.velocity_std_m_per_yr);
  image.WriteRaster("acceleration", series.acceleration_m_per_yr2);
  image.WriteRaster("accelerationStd", series.acceleration_std_m_per_yr2);
  image.WriteRaster("temporalCoherence", series.temporal_coherence);
  image.WriteRaster("avgSpatialCoh", series.mean_coherence);
  if (!series.flags.empty()) {
    image.Write("flags", H5T_NATIVE_UINT8,
                {static_cast<hsize_t>(series.flags.rows), static_cast<hsize_t>(series.flags.cols)},
                series.flags.values.data());
  }
  for (const auto& [name, value] : RootAttributes(series, track, attributes)) image.WriteAttribute(name, value);
  return image.Bytes();
}

StatusOr<SiteSeries> DecodeSiteFile(const std::string& bytes) {
  const Hdf5View file(bytes);
  if (!file.valid() || file.Attribute("FILE_TYPE") != "timeseries") {
    return Error(Fault::kNotReadable, "not a site file ({} bytes, FILE_TYPE is not 'timeseries')", bytes.size());
  }
  SiteSeries series;
  series.window = {IntegerAttribute(file, "SUBSET_YMIN"), IntegerAttribute(file, "SUBSET_XMIN"),
                   IntegerAttribute(file, "LENGTH"), IntegerAttribute(file, "WIDTH")};
  FW_RETURN_IF_ERROR(ReadDates(file, series));
  series.displacement_m = file.Stack("timeseries");
  series.displacement_std_m = file.Stack("timeseriesStd");
  series.velocity_m_per_yr = file.Raster("velocity");
  series.velocity_std_m_per_yr = file.Raster("velocityStd");
  series.acceleration_m_per_yr2 = file.Raster("acceleration");
  series.acceleration_std_m_per_yr2 = file.Raster("accelerationStd");
  series.temporal_coherence = file.Raster("temporalCoherence");
  series.mean_coherence = file.Raster("avgSpatialCoh");
  series.flags = ReadFlags(file);
  series.reference_pixels = IntegerAttribute(file, "REFERENCE_PIXELS");
  series.pixels_unwrapped = std::atof(file.Attribute("PIXELS_UNWRAPPED").c_str());
  for (int i = 1;; ++i) {
    std::string note = file.Attribute(fmt::format("NOTE_{}", i));
    if (note.empty()) break;
    series.notes.push_back(std::move(note));
  }
  if (!Consistent(series)) return Error(Fault::kNotReadable, "the datasets disagree on their shape");
  return series;
}

Status WriteSiteFile(const std::string& path, const SiteSeries& series, const Track& track,
                     const Attributes& attributes) {
  FW_ASSIGN_OR_RETURN(const std::string bytes, EncodeSiteFile(series, track, attributes));
  return WriteWholeFile(path, bytes);
}

StatusOr<SiteSeries> ReadSiteFile(const std::string& path) {
  FW_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(path));
  StatusOr<SiteSeries> series = DecodeSiteFile(bytes);
  if (!series.ok()) return Annotate(series.status(), path);
  return series;
}

}  // namespace fringewatch::io
