/// How well sites are found: simulated frames that no network was trained on, without unwrapping. Prints JSON.
///   detect_bench [--frames 13] [--size 2048] [--seed 9101] [--wavelength M] [--pixel M] [--pairs-only] [--models DIR]
///   [--card]
///   ...
///
/// Stack: recall, false sites, outlines, recall by peak phase, and how far the evidence can be taken for a probability.
/// Single pairs (every sixth): average precision at IoU 0.5 of what the probability map of one pair shows.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/memory.h"
#include "common/base/parallel.h"
#include "common/base/random.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"
#include "common/sim/scene.h"
#include "services/detector/core/detect.h"
#include "services/detector/core/sites.h"
#include "services/results/core/evaluation.h"
#include "services/results/core/outline_overlap.h"
#include "tests/bench/detection_scores.h"

namespace {

using namespace fringewatch;
using bench::AveragePrecision;
using bench::Ranked;
using bench::Reliability;

constexpr int kTileCore_px = 1024, kTileHalo_px = 128;
constexpr double kThreshold = 0.5;
constexpr double kVisible_rad = 2.0;  ///< peak phase from which a site must be found
constexpr double kFaint_rad = 0.7;    ///< below, nothing shows; between the two, finding is neither right nor wrong
constexpr double kOverlap = 0.5;
constexpr int kEveryPair = 6;  ///< of a frame is looked at alone

struct Options {
  int frames = 13, size_px = 2048, sites = 25;
  uint64_t seed = 9101;
  double wavelength_m = 0.055465763, pixel_m = 0;  ///< 0 = 20 to 40 m, in turn
  bool pairs_only = false, card = false;
  detector::DetectOptions detector;
  std::string models = "deploy/models", device = "auto", precision = "auto";
};

/// Sites of 150 to 800 m (at coarse pixels as many pixels across as at 40 m) whose peak phase in 12 days is that of
/// 0.13 to 2.5 m/yr at C band, whatever the wavelength.
sim::SceneConfig FrameOf(const Options& options, int index) {
  sim::SceneConfig config;
  config.seed = options.seed + static_cast<uint64_t>(index);
  config.rows = config.cols = options.size_px;
  config.pixel_m = options.pixel_m > 0 ? options.pixel_m : 20.0 + 5.0 * (index % 5);
  config.wavelength_m = options.wavelength_m;
  config.sites.count = options.sites;
  const double coarser = std::max(1.0, config.pixel_m / 40.0), longer = options.wavelength_m / 0.055465763;
  config.sites.radius_min_m *= coarser;
  config.sites.radius_max_m *= coarser;
  config.sites.rate_min_m_per_yr *= longer;
  config.sites.rate_max_m_per_yr *= longer;
  return config;
}

/// Found and there, by peak phase.
class RecallCurve {
 public:
  void Add(double peak_rad, bool found) {
    size_t bin = 0;
    while (bin + 1 < kEdges.size() && peak_rad >= kEdges[bin + 1]) ++bin;
    ++there_[bin];
    found_[bin] += found;
  }
  [[nodiscard]] nlohmann::json ToJson() const {
    nlohmann::json bins = nlohmann::json::array();
    for (size_t bin = 0; bin < kEdges.size(); ++bin) {
      bins.push_back({{"from_rad", kEdges[bin]}, {"sites", there_[bin]}, {"found", found_[bin]}});
    }
    return bins;
  }

 private:
  static constexpr std::array<double, 8> kEdges{0, 0.5, 1, 1.5, 2, 3, 5, 10};
  std::array<int, 8> there_{}, found_{};
};

results::EvaluationInput Compared(const sim::Scene& scene, const std::vector<FlaggedSite>& found) {
  results::EvaluationInput input;
  input.grid = scene.track().grid;
  for (const sim::TrueSite& site : scene.sites()) {
    input.truth.push_back({.outline = site.outline, .row = site.row, .col = site.col, .radius_m = site.radius_m});
  }
  for (const FlaggedSite& site : found) {
    input.found.push_back({.outline = site.outline,
                           .score = site.score,
                           .peak_row = site.peak_row + 0.5,
                           .peak_col = site.peak_col + 0.5});
  }
  return input;
}

/// What an operator chooses between: sites found and false alarms, by the threshold of the evidence.
class OperatingCurve {
 public:
  /// `evidence` of a whole frame with its true sites.
  void Add(const detector::DetectOptions& options, const sim::Scene& scene, const Array2<float>& evidence) {
    for (size_t i = 0; i < kThresholds.size(); ++i) {
      std::vector<FlaggedSite> found;
      for (detector::DrawnSite& drawn :
           detector::DrawSites(evidence, {kThresholds[i], options.outline_threshold, options.min_area_px})) {
        found.push_back(std::move(drawn.site));
      }
      const auto matches = results::MatchSites(Compared(scene, found));
      false_[i] += static_cast<int>(found.size() - matches.size());
      for (const auto& [t, f] : matches) found_[i] += scene.sites()[t].peak_phase_12_days_rad >= kVisible_rad;
    }
  }
  /// No false site in the area that was seen is not none anywhere: it counts as one.
  [[nodiscard]] std::vector<OperatingPoint> Points(double area_km2, int visible) const {
    std::vector<OperatingPoint> points;
    for (size_t i = 0; i < kThresholds.size(); ++i) {
      points.push_back({kThresholds[i], 1000.0 * std::max(1, false_[i]) / std::max(1.0, area_km2),
                        static_cast<double>(found_[i]) / std::max(1, visible)});
    }
    return points;
  }

 private:
  static constexpr std::array<double, 8> kThresholds{0.31, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97};
  std::array<int, 8> found_{}, false_{};
};

struct Totals {
  int visible = 0, visible_found = 0, found = 0, false_alarms = 0;
  double area_km2 = 0;
  std::vector<double> iou;
  RecallCurve curve;
  OperatingCurve operating;
  Reliability stack, single;
};

struct PairTotals {
  std::vector<Ranked> by_outline, by_box;
  int there = 0;

  void Add(const PairTotals& other) {
    by_outline.insert(by_outline.end(), other.by_outline.begin(), other.by_outline.end());
    by_box.insert(by_box.end(), other.by_box.begin(), other.by_box.end());
    there += other.there;
  }
};

std::vector<FlaggedSite> DetectFrame(const detector::Detector& detector, const sim::SimulatedStack& stack,
                                     Array2<float>& evidence) {
  std::vector<FlaggedSite> sites;
  const int size = stack.track().grid.rows;
  evidence = Array2<float>(size, size);
  for (const Tile& tile : PlanTiles(size, size, kTileCore_px, kTileHalo_px)) {
    auto found = detector.Detect(stack, tile, kThreshold);
    if (!found.ok()) throw std::runtime_error(MessageOf(found.status()));
    Paste(found->evidence, tile.core.row0, tile.core.col0, evidence);
    for (FlaggedSite& site : found->sites) sites.push_back(std::move(site));
  }
  return sites;
}

/// 1 inside the outline of a true site.
Array2<uint8_t> TruthMask(const sim::Scene& scene) {
  const Window frame = scene.track().grid.frame();
  Array2<uint8_t> mask(frame.rows, frame.cols);
  for (const sim::TrueSite& site : scene.sites()) {
    const Window box = Intersect(site.box, frame);
    const Array2<uint8_t> inside = RasteriseOutline(site.outline, box);
    for (int r = 0; r < box.rows; ++r) {
      for (int c = 0; c < box.cols; ++c) mask(box.row0 + r, box.col0 + c) |= inside(r, c);
    }
  }
  return mask;
}

void ScoreStack(const sim::Scene& scene, const std::vector<FlaggedSite>& found, const Array2<float>& evidence,
                Totals& totals) {
  const auto matches = results::MatchSites(Compared(scene, found));
  std::vector<bool> is_found(scene.sites().size());
  for (const auto& [t, f] : matches) {
    is_found[t] = true;
    totals.iou.push_back(results::OverlapOf(scene.sites()[t].outline, found[f].outline).Iou());
  }
  for (size_t t = 0; t < is_found.size(); ++t) {
    const double peak_rad = scene.sites()[t].peak_phase_12_days_rad;
    totals.curve.Add(peak_rad, is_found[t]);
    if (peak_rad < kVisible_rad) continue;
    ++totals.visible;
    totals.visible_found += is_found[t];
  }
  totals.found += static_cast<int>(found.size());
  totals.false_alarms += static_cast<int>(found.size() - matches.size());
  const Grid& grid = scene.track().grid;
  totals.area_km2 += 1e-6 * static_cast<double>(grid.frame().pixels()) * grid.PixelArea_m2();
  const Array2<uint8_t> truth = TruthMask(scene);
  for (size_t i = 0; i < truth.size(); ++i) {
    if (!std::isnan(evidence.values[i])) totals.stack.Add(evidence.values[i], truth.values[i] != 0);
  }
}

/// What of a true site shows in one pair: where its deformation exceeds 0.7 rad and 5 % of its peak.
struct Visible {
  double peak_rad = 0;
  Window box;
  Array2<uint8_t> mask;  ///< of the site's box
  Window window;
};

std::vector<Visible> VisibleSites(const sim::Scene& scene, int pair) {
  std::vector<Visible> sites;
  const Window frame = scene.track().grid.frame();
  for (const sim::TrueSite& site : scene.sites()) {
    Visible visible{.window = Intersect(site.box, frame)};
    const Array2<float> phase = scene.TruePhase(pair, visible.window, false);
    const Array2<uint8_t> inside = RasteriseOutline(site.outline, visible.window);
    for (size_t i = 0; i < phase.size(); ++i) {
      if (inside.values[i]) visible.peak_rad = std::max<double>(visible.peak_rad, std::abs(phase.values[i]));
    }
    const double edge_rad = std::max(kFaint_rad, 0.05 * visible.peak_rad);
    visible.mask = inside;
    int row0 = frame.rows, row1 = -1, col0 = frame.cols, col1 = -1;
    for (int r = 0; r < visible.window.rows; ++r) {
      for (int c = 0; c < visible.window.cols; ++c) {
        uint8_t& shows = visible.mask(r, c);
        shows = shows && std::abs(phase(r, c)) > edge_rad;
        if (!shows) continue;
        row0 = std::min(row0, r), row1 = std::max(row1, r), col0 = std::min(col0, c), col1 = std::max(col1, c);
      }
    }
    if (row1 < 0) continue;
    visible.box = {visible.window.row0 + row0, visible.window.col0 + col0, row1 - row0 + 1, col1 - col0 + 1};
    sites.push_back(std::move(visible));
  }
  return sites;
}

double BoxIou(const Window& a, const Window& b) {
  const double shared = static_cast<double>(Intersect(a, b).pixels());
  return shared / (static_cast<double>(a.pixels()) + static_cast<double>(b.pixels()) - shared);
}

double OutlineIou(const Visible& visible, const FlaggedSite& site) {
  const Array2<uint8_t> drawn = RasteriseOutline(site.outline, visible.window);
  long shared = 0, truth = 0;
  for (size_t i = 0; i < drawn.size(); ++i) {
    shared += drawn.values[i] && visible.mask.values[i];
    truth += visible.mask.values[i];
  }
  return static_cast<double>(shared) / static_cast<double>(truth + std::lround(RingArea(site.outline)) - shared);
}

/// Each detection takes the best true site that is still free; those on faint sites do not count.
template <typename Iou>
void Rank(const std::vector<Visible>& truth, const std::vector<FlaggedSite>& found, std::vector<Ranked>& ranking,
          Iou&& iou) {
  std::vector<bool> taken(truth.size());
  for (const FlaggedSite& site : found) {
    int best = -1;
    double best_iou = kOverlap;
    bool faint = false;
    for (size_t t = 0; t < truth.size(); ++t) {
      if (truth[t].peak_rad < kVisible_rad) {
        faint = faint || Intersect(truth[t].box, site.box).pixels() > 0;
        continue;
      }
      const double overlap = iou(truth[t], site);
      if (!taken[t] && overlap >= best_iou) best = static_cast<int>(t), best_iou = overlap;
    }
    if (best < 0 && faint) continue;
    if (best >= 0) taken[best] = true;
    ranking.push_back({site.score, best >= 0});
  }
}

/// Ranks all detections whose score reaches `lowest`.
PairTotals ScorePair(const detector::Detector& detector, const sim::Scene& scene, int pair, double lowest,
                     Reliability& reliability) {
  PairTotals totals;
  const Window frame = scene.track().grid.frame();
  auto probability = detector.Probability(scene.Observe(pair, frame));
  if (!probability.ok()) throw std::runtime_error(MessageOf(probability.status()));
  const std::vector<Visible> truth = VisibleSites(scene, pair);
  for (const Visible& site : truth) totals.there += site.peak_rad >= kVisible_rad;
  const std::vector<FlaggedSite> found = detector.SitesOf(*probability, lowest);
  Rank(truth, found, totals.by_outline, OutlineIou);
  Rank(truth, found, totals.by_box, [](const Visible& t, const FlaggedSite& f) { return BoxIou(t.box, f.box); });
  Array2<uint8_t> moves(frame.rows, frame.cols);
  for (const Visible& site : truth) {
    for (int r = 0; r < site.window.rows; ++r) {
      for (int c = 0; c < site.window.cols; ++c) moves(site.window.row0 + r, site.window.col0 + c) |= site.mask(r, c);
    }
  }
  for (size_t i = 0; i < moves.size(); ++i) {
    if (!std::isnan(probability->values[i])) reliability.Add(probability->values[i], moves.values[i] != 0);
  }
  return totals;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

nlohmann::json ToJson(const PairTotals& pairs) {
  const auto right =
      std::count_if(pairs.by_outline.begin(), pairs.by_outline.end(), [](const Ranked& r) { return r.right; });
  return {{"sites_from_2_rad", pairs.there},
          {"found", right},
          {"wrong", static_cast<long>(pairs.by_outline.size()) - right},
          {"ap50_outline", AveragePrecision(pairs.by_outline, pairs.there)},
          {"ap50_box", AveragePrecision(pairs.by_box, pairs.there)}};
}

nlohmann::json ToJson(const std::vector<OperatingPoint>& points) {
  nlohmann::json list = nlohmann::json::array();
  for (const OperatingPoint& point : points) {
    list.push_back({{"threshold", point.threshold},
                    {"false_per_1000_km2", point.false_sites_per_1000_km2},
                    {"recall_from_2_rad", point.recall}});
  }
  return list;
}

/// Notes what was measured on the card of the network that decides.
Status WriteCard(const std::string& models, std::vector<OperatingPoint> points) {
  FW_ASSIGN_OR_RETURN(nn::ModelCard card, nn::ReadModelCard(models, nn::kDetectorNetworks.back()));
  card.operating_points = std::move(points);
  return nn::WriteModelCard(models, card);
}

nlohmann::json Report(const Options& options, const Totals& totals, const std::map<int, PairTotals>& pairs) {
  PairTotals all;
  nlohmann::json by_span;
  for (const auto& [days, of_span] : pairs) {
    all.Add(of_span);
    by_span[std::to_string(days)] = ToJson(of_span);
  }
  return {{"benchmark", "detection"},
          {"frames", options.frames},
          {"size_px", options.size_px},
          {"seed", options.seed},
          {"wavelength_m", options.wavelength_m},
          {"area_km2", totals.area_km2},
          {"stack",
           {{"sites_from_2_rad", totals.visible},
            {"recall_from_2_rad", static_cast<double>(totals.visible_found) / std::max(1, totals.visible)},
            {"found", totals.found},
            {"false_sites", totals.false_alarms},
            {"false_per_1000_km2", 1000.0 * totals.false_alarms / std::max(1.0, totals.area_km2)},
            {"iou_median", Median(totals.iou)},
            {"recall_by_peak_phase_of_12_days", totals.curve.ToJson()},
            {"by_threshold", ToJson(totals.operating.Points(totals.area_km2, totals.visible))},
            {"reliability", totals.stack.ToJson()}}},
          {"single_pair", {{"all", ToJson(all)}, {"by_span_days", by_span}, {"reliability", totals.single.ToJson()}}}};
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  Options options;
  CLI::App app("Scores of detection on simulated frames");
  app.add_option("--frames", options.frames);
  app.add_option("--size", options.size_px);
  app.add_option("--sites", options.sites);
  app.add_option("--seed", options.seed);
  CLI::Option* wavelength = app.add_option("--wavelength", options.wavelength_m);
  CLI::Option* pixel = app.add_option("--pixel", options.pixel_m);
  app.add_option("--threads", options.detector.threads);
  CLI::Option* pairs_only = app.add_flag("--pairs-only", options.pairs_only);
  app.add_option("--models", options.models);
  CLI::Option* outline =
      app.add_option("--outline", options.detector.outline_threshold, "Evidence of the stack that outlines follow");
  app.add_option("--pair-outline", options.detector.pair_outline_threshold, "Probability in a pair that they follow");
  CLI::Option* min_area = app.add_option("--min-area", options.detector.min_area_px, "Pixels of the smallest site");
  app.add_option("--device", options.device);
  app.add_option("--precision", options.precision);
  CLI::Option* card = app.add_flag("--card", options.card, "Write what each threshold costs to the model card");
  for (CLI::Option* other : {pairs_only, wavelength, pixel, outline, min_area}) card->excludes(other);
  CLI11_PARSE(app, argc, argv);
  const auto device = nn::ResolveDevice(options.device, options.precision);
  if (!device.ok()) return std::fprintf(stderr, "%s\n", MessageOf(device.status()).c_str()), 1;
  const auto detector = detector::Detector::Load(options.models, *device, options.detector);
  if (!detector.ok()) return std::fprintf(stderr, "%s\n", MessageOf(detector.status()).c_str()), 1;
  Totals totals;
  std::map<int, PairTotals> pairs;  // by span, days
  for (int frame = 0; frame < options.frames; ++frame) {
    const sim::SimulatedStack stack(FrameOf(options, frame));
    if (!options.pairs_only) {
      Array2<float> evidence;
      const std::vector<FlaggedSite> found = DetectFrame(**detector, stack, evidence);
      ScoreStack(stack.scene(), found, evidence, totals);
      totals.operating.Add(options.detector, stack.scene(), evidence);
    }
    for (int pair = frame % kEveryPair; pair < static_cast<int>(stack.track().pairs.size()); pair += kEveryPair) {
      const Pair& dates = stack.track().pairs[pair];
      pairs[dates.span_days()].Add(
          ScorePair(**detector, stack.scene(), pair, options.detector.pair_outline_threshold, totals.single));
    }
    std::fprintf(stderr, "frame %d: %d of %d sites from 2 rad, %d false so far\n", frame + 1, totals.visible_found,
                 totals.visible, totals.false_alarms);
  }
  if (options.card) {
    const Status written = WriteCard(options.models, totals.operating.Points(totals.area_km2, totals.visible));
    if (!written.ok()) return std::fprintf(stderr, "%s\n", MessageOf(written).c_str()), 1;
  }
  std::printf("%s\n", Report(options, totals, pairs).dump(1).c_str());
}
