// HyP3 products (ASF): <name>_{wrapped_phase,unw_phase,corr,dem,lv_theta,lv_phi}[_clipped].tif and <name>.txt.
//
// Products lie in folders of their own or all in one. Look vectors are radians: theta is the elevation of the
// satellite, phi its direction counter-clockwise from east.
#include <cmath>
#include <map>

#include "common/io/candidate.h"
#include "common/io/sensor_table.h"

namespace fringewatch::io {
namespace {

constexpr int kProductDepth = 2;
constexpr double kNearMidnight_h = 0.5;

struct Product {
  Candidate candidate;
  std::string folder;
  std::string name;     // without the layer
  std::string variant;  // "", "_clip" or "_clipped"
  std::optional<double> hour1, hour2;
};

std::string LayerPath(const SourceFiles& disk, const Product& product, const std::string& layer) {
  for (const std::string& variant : {product.variant, std::string(), std::string("_clipped"), std::string("_clip")}) {
    const std::string path = JoinPath(product.folder, product.name + "_" + layer + variant + ".tif");
    if (disk.FileExists(path)) return path;
  }
  return {};
}

std::optional<double> HourOf(const std::string& stamp) {
  const size_t t = stamp.find('T');
  if (t == std::string::npos || stamp.size() < t + 7) return std::nullopt;
  return std::stoi(stamp.substr(t + 1, 2)) + std::stoi(stamp.substr(t + 3, 2)) / 60.0;
}

// Products of one pass that straddles midnight are stamped with two days: those before midnight belong to the next.
void JoinMidnight(std::vector<Product>& products, Listing& listing) {
  bool before = false, after = false;
  for (const Product& product : products) {
    for (const auto& hour : {product.hour1, product.hour2}) {
      before = before || (hour && *hour > 24.0 - kNearMidnight_h);
      after = after || (hour && *hour < kNearMidnight_h);
    }
  }
  if (!before || !after) return;
  for (Product& product : products) {
    if (product.hour1 && *product.hour1 > 12.0) ++product.candidate.first.days_since_1970;
    if (product.hour2 && *product.hour2 > 12.0) ++product.candidate.second.days_since_1970;
  }
  listing.notes.push_back("the pass straddles midnight UTC: acquisitions before it are dated to the following day");
}

// The product that a phase file belongs to; none when the name is not of that kind.
std::optional<Product> ProductOf(const std::string& path, Listing& listing) {
  static const std::regex kPhaseName(R"((S1.*)_(wrapped_phase|unw_phase)(_clip|_clipped|)\.tif)");
  static const std::regex kDates(R"(_(\d{8}(?:T\d{6})?)_(\d{8}(?:T\d{6})?)_)");
  const std::string file = BaseName(path);
  std::smatch parts, dates;
  if (!std::regex_match(file, parts, kPhaseName)) return std::nullopt;
  Product product;
  product.folder = FolderOf(path);
  product.name = parts[1];
  product.variant = parts[3];
  product.candidate.name = product.name + product.variant;
  product.candidate.unwrapped = parts[2] == "unw_phase";
  product.candidate.zero_is_missing = true;
  product.candidate.phase.path = path;
  product.candidate.version = product.variant.empty() ? 0 : 1;
  if (!std::regex_search(product.name, dates, kDates)) {
    listing.Reject(path, "phase", Error(Fault::kBadDate, "'{}' holds no two dates", product.name));
    return std::nullopt;
  }
  if (!listing.SetDates(product.candidate, dates[1], dates[2], path)) return std::nullopt;
  product.hour1 = HourOf(dates[1]);
  product.hour2 = HourOf(dates[2]);
  return product;
}

void ReadSidecar(const SourceFiles& disk, const Product& product, Candidate& candidate, Listing& listing) {
  const std::string path = JoinPath(product.folder, product.name + ".txt");
  const StatusOr<std::string> text = disk.ReadText(path);
  if (!text.ok()) {
    listing.notes.push_back(
        fmt::format("{}: no {}.txt, its perpendicular baseline is unknown", product.name, product.name));
    return;
  }
  listing.Accept(path, "metadata");
  const auto values = KeyValues(*text, ':');
  if (const auto baseline_m = NumberOf(values, "Baseline")) candidate.perpendicular_baseline_m = *baseline_m;
  if (listing.orbit_direction == "unknown") {
    if (const auto heading = NumberOf(values, "Heading")) listing.orbit_direction = OrbitOfHeading(*heading);
    if (const auto pass = values.find("Reference Pass Direction"); pass != values.end()) {
      listing.orbit_direction = std::tolower(pass->second[0]) == 'a' ? "ascending" : "descending";
    }
  }
}

// Mean look vector of the first product that has one.
void ReadLookVector(const SourceFiles& disk, const Product& product, Listing& listing) {
  const std::string theta_path = LayerPath(disk, product, "lv_theta"), phi_path = LayerPath(disk, product, "lv_phi");
  if (listing.line_of_sight || theta_path.empty() || phi_path.empty()) return;
  const auto theta = SampleValues(disk.rules(), {theta_path}, true), phi = SampleValues(disk.rules(), {phi_path}, true);
  if (!theta.ok()) return listing.Reject(theta_path, "metadata", theta.status());
  if (!phi.ok() || phi->size() != theta->size()) {
    const Status mismatch = Error(Fault::kGridMismatch, "{}: not on the grid of {}", phi_path, theta_path);
    return listing.Reject(phi_path, "metadata", phi.ok() ? mismatch : phi.status());
  }
  double largest = 0.0;
  for (const float value : *theta) largest = std::max(largest, std::isnan(value) ? 0.0 : std::abs(double{value}));
  const double to_rad = largest > kTwoPi ? kPi / 180.0 : 1.0;  // an elevation above 6.28 can only be degrees
  LineOfSight sum{0.0, 0.0, 0.0};
  for (size_t i = 0; i < theta->size(); ++i) {
    const double t = (*theta)[i] * to_rad, p = (*phi)[i] * to_rad;
    if (std::isnan(t) || std::isnan(p)) continue;
    sum.east += std::cos(t) * std::cos(p);
    sum.north += std::cos(t) * std::sin(p);
    sum.up += std::sin(t);
  }
  listing.line_of_sight = Normalised(sum);
  const std::string remark = to_rad == 1.0 ? "" : "angles in degrees";
  listing.Accept(theta_path, "metadata", remark);
  listing.Accept(phi_path, "metadata", remark);
}

}  // namespace

StatusOr<Listing> ListHyp3(const SourceFiles& disk, const StackSource& source) {
  Listing listing;
  listing.format = "hyp3";
  listing.track_name = BaseName(source.path);
  listing.wavelength_m = FindSensor("S1")->Wavelength_m();  // HyP3 processes Sentinel-1 alone; the names say so
  listing.wavelength_source = "sensor table (S1)";
  std::vector<Product> products;
  for (const std::string& path : disk.FilesBelow(source.path, kProductDepth)) {
    if (auto product = ProductOf(path, listing)) products.push_back(std::move(*product));
  }
  JoinMidnight(products, listing);
  for (Product& product : products) {
    Candidate& candidate = product.candidate;
    if (candidate.unwrapped && !LayerPath(disk, product, "wrapped_phase").empty()) {
      listing.records.push_back(
          {candidate.phase.path, "phase", InputRecord::Verdict::kSuperseded, "the wrapped phase is used"});
      continue;
    }
    const std::string coherence = LayerPath(disk, product, "corr");
    if (coherence.empty()) {
      candidate.coherence_expected = JoinPath(product.folder, product.name + "_corr" + product.variant + ".tif");
    } else {
      candidate.coherence = RasterSource{coherence};
    }
    ReadSidecar(disk, product, candidate, listing);
    ReadLookVector(disk, product, listing);
    const std::string height = LayerPath(disk, product, "dem");
    if (!listing.height && !height.empty()) listing.height = RasterSource{height};
    listing.candidates.push_back(candidate);
  }
  return listing;
}

}  // namespace fringewatch::io
