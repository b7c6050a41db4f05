/// `fringewatch run`: opens the stack, runs the pipeline in this process, writes the products.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "common/base/version.h"
#include "common/nn/model_card.h"
#include "services/cli/commands.h"
#include "services/cli/interrupt.h"
#include "services/cli/local_run.h"
#include "services/cli/progress.h"
#include "services/results/app/write_products.h"

namespace fringewatch::cli {
namespace {

using Verdict = InputRecord::Verdict;

int CountOf(const Track& track, Verdict verdict) {
  return static_cast<int>(std::count_if(track.inputs.begin(), track.inputs.end(),
                                        [verdict](const InputRecord& input) { return input.verdict == verdict; }));
}

/// Prints what was accepted; lists what was not.
void PrintInputs(const Track& track) {
  const std::vector<Date> dates = DatesOf(track.pairs);
  fmt::print("track {} ({}): {} pairs, {} dates {} to {}, {} x {} pixels of {:.1f} m, wavelength {:.6f} m ({})\n",
             track.name, track.format, track.pairs.size(), dates.size(), dates.front().Iso(), dates.back().Iso(),
             track.grid.rows, track.grid.cols, track.grid.PixelSize_m(), track.wavelength_m, track.wavelength_source);
  fmt::print("inputs: {} accepted, {} superseded, {} rejected\n", CountOf(track, Verdict::kAccepted),
             CountOf(track, Verdict::kSuperseded), CountOf(track, Verdict::kRejected));
  for (const std::string& note : track.notes) fmt::print("note: {}\n", note);
  for (const InputRecord& input : track.inputs) {
    if (input.verdict == Verdict::kAccepted) continue;
    fmt::print("{}: {}: {}\n", input.verdict == Verdict::kRejected ? "rejected" : "superseded", input.path,
               input.reason);
  }
}

/// Rejected inputs stop the run before anything heavy, unless the operator said to go on.
Status CheckInputs(const Track& track, const RunOptions& options) {
  const int rejected = CountOf(track, Verdict::kRejected);
  if (rejected == 0 || options.skip_rejected) return {};
  return Error(Fault::kInputRejected,
               "{} of {} input files are rejected, for the reasons listed above; mend or remove them, or give "
               "--skip-rejected to go on without them",
               rejected, track.inputs.size());
}

scheduler::RunSpec SpecOf(const RunOptions& options, const Track& track, const nn::Device& device,
                          const std::vector<std::vector<std::string>>& model_hashes) {
  scheduler::RunSpec spec;
  spec.track_identity = scheduler::TrackIdentity(track);
  spec.options = {{"threshold", fmt::format("{}", options.threshold)}, {"compute", device.ToString()}};
  for (const auto& hashes : model_hashes) {
    spec.model_hashes.insert(spec.model_hashes.end(), hashes.begin(), hashes.end());
  }
  spec.version = kVersion;
  spec.tile_px = options.tile_px;
  spec.halo_px = options.halo_px;
  return spec;
}

results::RunFacts FactsOf(const scheduler::RunSpec& spec, const LocalRun& run, const Stages& stages,
                          const nn::Device& device) {
  const Grid& grid = stages.stack.track().grid;
  return {.run_id = scheduler::RunHash(spec).substr(0, 12),
          .version = spec.version,
          .model_hashes = spec.model_hashes,
          .device = device.ToString(),
          .frame_pixels = static_cast<long>(grid.rows) * grid.cols,
          .pairs = static_cast<int>(stages.stack.track().pairs.size()),
          .pixels_scanned = run.pixels_scanned,
          .pixels_unwrapped = run.pixels_unwrapped,
          .patch_pixels = results::PatchPixels(run.sites),
          .failed_tasks = run.failed_tasks,
          .request_json = scheduler::ToJson(spec)};
}

void PrintOutcome(const LocalRun& run, const results::RunFacts& facts, const std::string& out, double seconds) {
  fmt::print("{}: {} sites; {:.2f} % of the pixels never unwrapped; {:.0f} s; run {}\n",
             scheduler::NameOf(run.progress.state), run.sites.size(), 100 * results::AvoidedRatio(facts), seconds,
             facts.run_id);
  for (const std::string& failed : run.failed_tasks) fmt::print("failed: {}\n", failed);
  fmt::print("report: {}/report.html\n", out);
}

StatusOr<LocalRun> RunStages(const scheduler::RunSpec& spec, const Stages& stages) {
  std::map<std::string, std::unique_ptr<Progress>> bars;
  std::string shown;
  const TaskProgress on_task = [&](const std::string& kind, int done, int total) {
    if (kind == "site") return;
    if (shown != kind) bars.clear();
    shown = kind;
    auto& bar = bars[kind];
    if (!bar) bar = std::make_unique<Progress>(kind, total);
    bar->Grow(total);
    bar->Update(done);
  };
  return RunInOneProcess(spec, stages, on_task, Interrupted);
}

StatusOr<ExitCode> Run(const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.compute.device, options.compute.precision));
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(const auto stack, io::OpenStack(options.source));
  PrintInputs(stack->track());
  FW_RETURN_IF_ERROR(CheckInputs(stack->track(), options));
  detector::DetectOptions detect;
  detect.threshold = options.threshold;
  detect.threads = options.compute.threads;
  FW_ASSIGN_OR_RETURN(const auto detector, detector::Detector::Load(models, device, detect));
  unwrapper::UnwrapOptions unwrap;
  unwrap.threads = options.compute.threads;
  FW_ASSIGN_OR_RETURN(const auto unwrapper, unwrapper::Unwrapper::Load(models, device, unwrap));

  const scheduler::RunSpec spec =
      SpecOf(options, stack->track(), device, {detector->model_hashes(), unwrapper->model_hashes()});
  const std::string out = options.out.empty() ? "runs/" + scheduler::RunHash(spec).substr(0, 12) : options.out;
  FW_ASSIGN_OR_RETURN(const auto store, OpenLocalStore(out + "/artifacts"));
  const Stages stages{*stack, *detector, *unwrapper, *store};
  FW_ASSIGN_OR_RETURN(const LocalRun run, RunStages(spec, stages));
  const results::RunFacts facts = FactsOf(spec, run, stages, device);
  FW_RETURN_IF_ERROR(results::WriteProducts(out, *stack, run.sites, facts));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  PrintOutcome(run, facts, out, elapsed.count());
  return run.progress.state == scheduler::RunState::kSucceeded ? ExitCode::kDone : ExitCode::kPartial;
}

}  // namespace

ExitCode RunCommand(const RunOptions& options) {
  const StatusOr<ExitCode> code = Run(options);
  return code.ok() ? *code : Report(code.status());
}

}  // namespace fringewatch::cli
