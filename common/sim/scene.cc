/// Composition of a scene. Phases of epochs are rounded to a multiple of 2^-12 rad, so that their differences are
/// exact in float and the noiseless pairs of a triplet close to exactly zero.
#include "common/sim/scene.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/raster/phase.h"
#include "common/sim/nuisance.h"
#include "common/sim/placed_site.h"
#include "common/sim/speckle.h"
#include "common/sim/streams.h"
#include "common/sim/terrain.h"
#include "common/stack/network.h"
#include "common/stack/shortest_spans.h"

namespace fringewatch::sim {
namespace {

constexpr long kBand_px = 1 << 19;
constexpr float kDecayFloor = 0.3f;      // share of the 12-day coherence that time does not take
constexpr float kSnowCoherence = 0.15f;  // share that snow on either date leaves

constexpr const char* kUtm33 =
    R"(PROJCS["WGS 84 / UTM zone 33N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,)"
    R"(AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],)"
    R"(UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]],)"
    R"(PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",15],)"
    R"(PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],)"
    R"(UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],)"
    R"(AUTHORITY["EPSG","32633"]])";

/// Right-looking radar: the satellite stands to the left of the heading, seen from the ground.
LineOfSight LineOfSightOf(const SceneConfig& config) {
  const double incidence = config.incidence_deg * kPi / 180.0;
  const double to_satellite = (config.heading_deg - 90.0) * kPi / 180.0;
  return {std::sin(incidence) * std::sin(to_satellite), std::sin(incidence) * std::cos(to_satellite),
          std::cos(incidence)};
}

/// Missing rectangles of a pair, 3 to 25 % of the frame's side each, until they add up to the share asked for.
std::vector<Window> DrawGaps(const SceneConfig& config, int pair) {
  std::vector<Window> gaps;
  KeyedRandom random(StreamKey(config, Stream::kGap, pair));
  double missing = config.gap_fraction * config.rows * config.cols;
  while (missing > 0.0 && gaps.size() < 256) {
    Window gap;
    gap.rows = std::max(1, static_cast<int>(config.rows * random.Uniform(0.03, 0.25)));
    gap.cols = std::max(1, static_cast<int>(config.cols * random.Uniform(0.03, 0.25)));
    gap.row0 = random.Integer(0, config.rows - gap.rows);
    gap.col0 = random.Integer(0, config.cols - gap.cols);
    missing -= static_cast<double>(gap.pixels());
    gaps.push_back(gap);
  }
  return gaps;
}

float RoundPhase(float phase_rad) { return std::nearbyint(phase_rad * 4096.0f) * (1.0f / 4096.0f); }

/// Layers of a window that all pairs share.
struct GroundLayers {
  Array2<float> height_m, height_error_m;
  GroundCover cover;
};

}  // namespace

struct Scene::Impl {
  explicit Impl(const SceneConfig& c)
      : config(c),
        terrain(c),
        nuisance(c),
        speckle(c.looks),
        edges(ShortestSpans(c.epochs, c.pairs, c.max_span_days / c.repeat_days)) {
    FillTrack();
    sites.reserve(config.sites.count);
    for (int i = 0; i < config.sites.count; ++i) {
      sites.emplace_back(config, *track.line_of_sight, terrain, i, sites);
      true_sites.push_back(sites.back().truth());
    }
    for (int p = 0; p < static_cast<int>(edges.size()); ++p) gaps.push_back(DrawGaps(config, p));
  }

  void FillTrack() {
    const Date first = ParseDate(config.first_date).value();
    for (int e = 0; e < config.epochs; ++e) dates.push_back({first.days_since_1970 + e * config.repeat_days});
    track.name = fmt::format("SIM_{}", config.seed);
    track.format = "simulated";
    track.grid = {config.rows, config.cols, 500000.0, 5000000.0, config.pixel_m, -config.pixel_m, kUtm33};
    SetSpacing(track.grid);
    track.wavelength_m = config.wavelength_m;
    track.wavelength_source = "metadata";
    track.line_of_sight = LineOfSightOf(config);
    track.orbit_direction = std::cos(config.heading_deg * kPi / 180.0) > 0.0 ? "ascending" : "descending";
    track.has_coherence = track.has_height = true;
    for (const Edge& edge : edges) {
      track.pairs.push_back(
          {dates[edge.first], dates[edge.second], nuisance.Baseline(edge.second) - nuisance.Baseline(edge.first)});
    }
  }

  [[nodiscard]] double Progress(int epoch) const { return static_cast<double>(epoch) / (config.epochs - 1); }

  [[nodiscard]] Array2<float> Displacement(int epoch, const Window& window) const {
    Array2<float> displacement(window.rows, window.cols);
    for (const PlacedSite& site : sites) site.AddDisplacement(Progress(epoch), window, displacement);
    return displacement;
  }

  [[nodiscard]] GroundLayers Ground(const Window& window) const {
    return {terrain.Height(window), terrain.HeightError(window), terrain.Cover(window)};
  }

  /// Phase of an epoch; `ground` null: deformation only.
  [[nodiscard]] Array2<float> EpochPhase(int epoch, const Window& window, const GroundLayers* ground) const {
    Array2<float> phase = Displacement(epoch, window);
    const auto radians = static_cast<float>(1.0 / MetresPerRadian(config.wavelength_m));
    for (float& value : phase.values) value *= radians;
    if (ground) {
      nuisance.AddPhase(epoch, window, terrain.mean_height_m(), ground->height_m, ground->height_error_m, phase);
    }
    for (float& value : phase.values) value = RoundPhase(value);
    return phase;
  }

  [[nodiscard]] Array2<float> PairPhase(int pair, const Window& window, const GroundLayers* ground) const {
    Array2<float> phase = EpochPhase(edges[pair].second, window, ground);
    const Array2<float> before = EpochPhase(edges[pair].first, window, ground);
    for (size_t i = 0; i < phase.size(); ++i) phase.values[i] -= before.values[i];
    return phase;
  }

  [[nodiscard]] Array2<float> Coherence(int pair, const Window& window, const GroundCover& cover) const {
    const int days = edges[pair].second * config.repeat_days - edges[pair].first * config.repeat_days;
    const auto age = static_cast<float>(std::max(0, days - 12) / config.coherence_decay_days);
    Array2<float> coherence = cover.coherence;
    for (size_t i = 0; i < coherence.size(); ++i) {
      const float decay = std::exp(-age * (1.0f + 1.5f * cover.vegetation.values[i]));  // plants change faster
      coherence.values[i] *= kDecayFloor + (1.0f - kDecayFloor) * decay;
    }
    for (const int epoch : {edges[pair].first, edges[pair].second}) {
      const Array2<float> snow = terrain.Snow(epoch, window);
      for (size_t i = 0; i < snow.size(); ++i) coherence.values[i] *= snow.values[i] > 0.0f ? kSnowCoherence : 1.0f;
    }
    LoseByGradient(pair, window, coherence);
    return coherence;
  }

  /// A steep deformation gradient inside the multilooked cell costs a little coherence.
  void LoseByGradient(int pair, const Window& window, Array2<float>& coherence) const {
    const Window frame = track.grid.frame(), wide = Grow(window, 1, frame);
    Array2<float> moved = Displacement(edges[pair].second, wide);
    const Array2<float> before = Displacement(edges[pair].first, wide);
    const auto radians = static_cast<float>(1.0 / MetresPerRadian(config.wavelength_m));
    for (size_t i = 0; i < moved.size(); ++i) moved.values[i] = radians * (moved.values[i] - before.values[i]);
    for (int r = 0; r < window.rows; ++r) {
      const int row = window.row0 + r - wide.row0, up = std::max(row - 1, 0), down = std::min(row + 1, wide.rows - 1);
      for (int c = 0; c < window.cols; ++c) {
        const int col = window.col0 + c - wide.col0, left = std::max(col - 1, 0);
        const int right = std::min(col + 1, wide.cols - 1);
        const float per_row = (moved(down, col) - moved(up, col)) / static_cast<float>(std::max(1, down - up));
        const float per_col = (moved(row, right) - moved(row, left)) / static_cast<float>(std::max(1, right - left));
        const float squared = per_row * per_row + per_col * per_col;
        if (squared > 0.0f) coherence(r, c) *= std::max(0.5f, std::exp(-0.02f * squared));
      }
    }
  }

  /// Observes a band of rows into `observed`, which covers `window`.
  void ObserveBand(int pair, const Window& window, const Window& band, PairRaster& observed) const {
    const GroundLayers ground = Ground(band);
    const Array2<float> phase = PairPhase(pair, band, &ground);
    const Array2<float> coherence = Coherence(pair, band, ground.cover);
    const uint64_t key = StreamKey(config, Stream::kSpeckle, pair);
    for (int r = 0; r < band.rows; ++r) {
      const uint64_t row_key = HashKeys(key, band.row0 + r);
      const size_t out = observed.phase_rad.index(band.row0 + r - window.row0, 0);
      for (int c = 0; c < band.cols; ++c) {
        const Speckle noise = speckle(coherence(r, c), Mix64(row_key ^ static_cast<uint64_t>(band.col0 + c)));
        observed.phase_rad.values[out + c] = Wrap(phase(r, c) + noise.phase_rad);
        observed.coherence.values[out + c] = noise.coherence;
      }
    }
  }

  [[nodiscard]] PairRaster Observe(int pair, const Window& window) const {
    PairRaster observed{Array2<float>(window.rows, window.cols), Array2<float>(window.rows, window.cols)};
    const int step = static_cast<int>(std::max(1L, kBand_px / std::max(1, window.cols)));
    for (int row = window.row0; row < window.row1(); row += step) {
      ObserveBand(pair, window, {row, window.col0, std::min(step, window.row1() - row), window.cols}, observed);
    }
    for (const Window& gap : gaps[pair]) {
      const Window missing = Intersect(gap, window);
      for (int row = missing.row0; row < missing.row1(); ++row) {
        const size_t at = observed.phase_rad.index(row - window.row0, missing.col0 - window.col0);
        std::fill_n(observed.phase_rad.values.begin() + static_cast<long>(at), missing.cols, kMissing);
        std::fill_n(observed.coherence.values.begin() + static_cast<long>(at), missing.cols, kMissing);
      }
    }
    return observed;
  }

  SceneConfig config;
  Terrain terrain;
  Nuisance nuisance;
  SpeckleSampler speckle;
  std::vector<Edge> edges;
  Track track;
  std::vector<Date> dates;
  std::vector<PlacedSite> sites;
  std::vector<TrueSite> true_sites;
  std::vector<std::vector<Window>> gaps;
};

Scene::Scene(const SceneConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Scene::~Scene() = default;
Scene::Scene(Scene&&) noexcept = default;

const SceneConfig& Scene::config() const { return impl_->config; }
const Track& Scene::track() const { return impl_->track; }
const std::vector<Date>& Scene::dates() const { return impl_->dates; }
const std::vector<TrueSite>& Scene::sites() const { return impl_->true_sites; }

Array2<float> Scene::Height(const Window& window) const { return impl_->terrain.Height(window); }
Array2<float> Scene::Displacement(int epoch, const Window& window) const { return impl_->Displacement(epoch, window); }

Array2<float> Scene::Velocity(const Window& window) const {
  const SceneConfig& config = impl_->config;
  Array2<float> velocity = impl_->Displacement(config.epochs - 1, window);
  const auto per_year = static_cast<float>(kDaysPerYear / ((config.epochs - 1) * config.repeat_days));
  for (float& value : velocity.values) value *= per_year;
  return velocity;
}

Array2<float> Scene::Coherence(int pair, const Window& window) const {
  return impl_->Coherence(pair, window, impl_->terrain.Cover(window));
}

Array2<float> Scene::TruePhase(int pair, const Window& window, bool with_nuisance) const {
  if (!with_nuisance) return impl_->PairPhase(pair, window, nullptr);
  const GroundLayers ground = impl_->Ground(window);
  return impl_->PairPhase(pair, window, &ground);
}

PairRaster Scene::Observe(int pair, const Window& window) const { return impl_->Observe(pair, window); }

}  // namespace fringewatch::sim
