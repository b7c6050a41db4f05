#include "common/io/reader_test_files.h"

#include <gdal_priv.h>
#include <ogr_spatialref.h>
#include <unistd.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "common/io/dataset.h"
#include "common/raster/phase.h"

namespace fringewatch::io::testing {
namespace {

namespace fs = std::filesystem;

void Put(std::string& bytes, const void* value, size_t size) {  // big-endian
  const auto* raw = static_cast<const char*>(value);
  for (size_t i = size; i-- > 0;) bytes += raw[i];
}
void Put32(std::string& bytes, uint32_t value) { Put(bytes, &value, 4); }
void PutName(std::string& bytes, const std::string& name) {
  Put32(bytes, static_cast<uint32_t>(name.size()));
  bytes += name;
  bytes.append((4 - name.size() % 4) % 4, '\0');
}

constexpr uint32_t kNcDimension = 10, kNcVariable = 11, kNcAttribute = 12, kNcChar = 2, kNcFloat = 5, kNcDouble = 6;

struct NcVariable {
  std::string name, units;
  std::vector<uint32_t> dimensions;
  uint32_t type;
  std::string data;
};

void PutVariable(std::string& bytes, const NcVariable& variable, uint32_t begin) {
  PutName(bytes, variable.name);
  Put32(bytes, static_cast<uint32_t>(variable.dimensions.size()));
  for (const uint32_t dimension : variable.dimensions) Put32(bytes, dimension);
  if (variable.units.empty()) {
    Put32(bytes, 0);
    Put32(bytes, 0);
  } else {
    Put32(bytes, kNcAttribute);
    Put32(bytes, 1);
    PutName(bytes, "units");
    Put32(bytes, kNcChar);
    PutName(bytes, variable.units);
  }
  Put32(bytes, variable.type);
  Put32(bytes, static_cast<uint32_t>(variable.data.size()));
  Put32(bytes, begin);
}

std::string NcHeader(const std::vector<std::pair<std::string, size_t>>& dimensions,
                     const std::vector<NcVariable>& variables, uint32_t data_begin) {
  std::string bytes("CDF\x01", 4);
  Put32(bytes, 0);
  Put32(bytes, kNcDimension);
  Put32(bytes, static_cast<uint32_t>(dimensions.size()));
  for (const auto& [name, length] : dimensions) {
    PutName(bytes, name);
    Put32(bytes, static_cast<uint32_t>(length));
  }
  Put32(bytes, 0);  // no global attributes
  Put32(bytes, 0);
  Put32(bytes, kNcVariable);
  Put32(bytes, static_cast<uint32_t>(variables.size()));
  for (const NcVariable& variable : variables) {
    PutVariable(bytes, variable, data_begin);
    data_begin += static_cast<uint32_t>(variable.data.size());
  }
  return bytes;
}

std::string Doubles(const std::vector<double>& values) {
  std::string bytes;
  for (const double value : values) Put(bytes, &value, 8);
  return bytes;
}

}  // namespace

TestFolder::TestFolder() {
  static int count = 0;
  path_ = fs::temp_directory_path() / fmt::format("fringewatch_io_{}_{}", getpid(), count++);
  fs::create_directories(path_);
}

double DatePhase(const std::string& date, int row, int col) {
  const double day = ParseDate(date)->days_since_1970;
  return 9.0 * std::sin(0.05 * row + day) + 7.0 * std::cos(0.04 * col + 0.37 * day) + 0.01 * row;
}

Array2<float> PairPhase(const std::string& date1, const std::string& date2, int rows, int cols, int first_row) {
  Array2<float> phase(rows, cols);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      phase(r, c) = Wrap(static_cast<float>(DatePhase(date2, r + first_row, c) - DatePhase(date1, r + first_row, c)));
      if (phase(r, c) == 0.0f) phase(r, c) = 1e-6f;
    }
  }
  return phase;
}

void WriteTiff(const std::string& path, const Array2<float>& values, const TiffOptions& options,
               const Array2<float>& imaginary) {
  PrepareGdal();
  fs::create_directories(fs::path(path).parent_path());
  GDALDataset* dataset = GetGDALDriverManager()->GetDriverByName("GTiff")->Create(
      path.c_str(), values.cols, values.rows, 1, GDALGetDataTypeByName(options.type.c_str()), nullptr);
  if (dataset == nullptr) throw std::runtime_error(path + ": " + LastGdalError());
  if (options.point) dataset->SetMetadataItem("AREA_OR_POINT", "Point");
  for (const std::string& tag : options.tags) {
    const size_t cut = tag.find('=');
    dataset->SetMetadataItem(tag.substr(0, cut).c_str(), tag.substr(cut + 1).c_str());
  }
  double transform[6] = {options.x0, options.dx, 0.0, options.y0, 0.0, options.dy};
  if (options.dx != 0.0) dataset->SetGeoTransform(transform);
  if (options.epsg != 0) {
    OGRSpatialReference reference;
    reference.importFromEPSG(options.epsg);
    dataset->SetSpatialRef(&reference);
  }
  GDALRasterBand* band = dataset->GetRasterBand(1);
  if (options.nodata) band->SetNoDataValue(*options.nodata);
  if (!options.unit.empty()) band->SetUnitType(options.unit.c_str());
  std::vector<std::complex<float>> numbers(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    numbers[i] = {values.values[i], imaginary.empty() ? 0.0f : imaginary.values[i]};
  }
  const CPLErr written = band->RasterIO(GF_Write, 0, 0, values.cols, values.rows, numbers.data(), values.cols,
                                        values.rows, GDT_CFloat32, 0, 0, nullptr);
  GDALClose(dataset);
  if (written != CE_None) throw std::runtime_error(path + ": " + LastGdalError());
}

void WriteRaw(const std::string& path, const std::vector<float>& numbers, bool big_endian) {
  std::string bytes;
  for (const float number : numbers) {
    if (big_endian)
      Put(bytes, &number, 4);
    else
      bytes.append(reinterpret_cast<const char*>(&number), 4);
  }
  WriteText(path, bytes);
}

void WriteText(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void WriteGmtGrid(const std::string& path, const std::vector<double>& latitudes, const std::vector<double>& longitudes,
                  const Array2<float>& z) {
  std::string data;
  for (const float value : z.values) Put(data, &value, 4);
  const std::vector<NcVariable> variables = {{"lat", "degrees_north", {0}, kNcDouble, Doubles(latitudes)},
                                             {"lon", "degrees_east", {1}, kNcDouble, Doubles(longitudes)},
                                             {"z", "", {0, 1}, kNcFloat, data}};
  const std::vector<std::pair<std::string, size_t>> dimensions = {{"lat", latitudes.size()},
                                                                  {"lon", longitudes.size()}};
  const size_t header = NcHeader(dimensions, variables, 0).size();
  std::string bytes = NcHeader(dimensions, variables, static_cast<uint32_t>(header));
  for (const NcVariable& variable : variables) bytes += variable.data;
  WriteText(path, bytes);
}

std::vector<float> AsComplex(const Array2<float>& phase, float magnitude) {
  std::vector<float> numbers;
  for (const float value : phase.values) {
    numbers.push_back(magnitude * std::cos(value));
    numbers.push_back(magnitude * std::sin(value));
  }
  return numbers;
}

void WriteLicsarPair(const TestFolder& frame, const std::string& date1, const std::string& date2) {
  const std::string prefix = frame / fmt::format("interferograms/{0}_{1}/{0}_{1}.geo.", date1, date2);
  TiffOptions zero;
  zero.nodata = 0.0;
  WriteTiff(prefix + "diff_pha.tif", PairPhase(date1, date2), zero);
  zero.type = "Byte";
  WriteTiff(prefix + "cc.tif", Constant(128.0f), zero);
}

void WriteLicsarTriangle(const TestFolder& frame) {
  WriteLicsarPair(frame, "20200101", "20200113");
  WriteLicsarPair(frame, "20200113", "20200125");
  WriteLicsarPair(frame, "20200101", "20200125");
}

std::unique_ptr<StackReader> MustOpen(const StackSource& source) {
  auto reader = OpenStack(source);
  if (!reader.ok()) throw std::runtime_error(MessageOf(reader.status()));
  return *std::move(reader);
}

std::string Reasons(const Track& track, InputRecord::Verdict verdict) {
  std::string text;
  for (const InputRecord& record : track.inputs) {
    if (record.verdict == verdict) text += record.path + " [" + record.role + "] " + record.reason + "\n";
  }
  return text;
}

double WrappedDifference(const Array2<float>& a, const Array2<float>& b) {
  if (a.rows != b.rows || a.cols != b.cols) return std::numeric_limits<double>::infinity();
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    const bool missing_a = std::isnan(a.values[i]), missing_b = std::isnan(b.values[i]);
    if (missing_a != missing_b) return std::numeric_limits<double>::infinity();
    if (!missing_a) largest = std::max(largest, std::abs(double{Wrap(a.values[i] - b.values[i])}));
  }
  return largest;
}

PairRaster ReadWhole(const StackReader& reader, int pair) {
  auto raster = reader.ReadPair(pair, reader.track().grid.frame());
  if (!raster.ok()) throw std::runtime_error(MessageOf(raster.status()));
  return *std::move(raster);
}

}  // namespace fringewatch::io::testing
