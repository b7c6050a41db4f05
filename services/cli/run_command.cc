/// `fringewatch run`: opens the stack, runs the pipeline in this process, writes the products.
#include <algorithm>
#include <chrono>
#include <memory>

#include "common/io/open_stack.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"
#include "common/queue/task_id.h"
#include "services/cli/commands.h"
#include "services/cli/exit_code.h"
#include "services/cli/interrupt.h"
#include "services/cli/local_run.h"
#include "services/cli/progress.h"
#include "services/scheduler/app/plan_run.h"

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
  if (rejected == 0 || options.policy.skip_rejected) return {};
  return Error(Fault::kInputRejected,
               "{} of {} input files are rejected, for the reasons listed above; mend or remove them, or give "
               "--skip-rejected to go on without them",
               rejected, track.inputs.size());
}

/// The run that this machine computes with these networks. Priority and submitter are nobody's business here.
StatusOr<std::shared_ptr<const OpenRun>> OpenRunOf(const RunOptions& options, std::unique_ptr<StackReader> stack,
                                                   const scheduler::Computing& computing) {
  auto run = std::make_shared<OpenRun>();
  FW_ASSIGN_OR_RETURN(run->record, scheduler::RecordOf(stack->track(), options.source, options.policy, computing));
  run->stack = std::move(stack);
  return run;
}

void PrintOutcome(const LocalRun& run, const std::string& out, double seconds) {
  fmt::print("{}: {} sites; {:.2f} % of the pixels never unwrapped; {:.0f} s; run {}\n", scheduler::NameOf(run.state),
             run.inventory.sites.size(), 100 * results::AvoidedRatio(run.facts), seconds, run.facts.run_id);
  for (const std::string& failed : run.facts.failed_tasks) fmt::print("failed: {}\n", failed);
  fmt::print("report: {}/report.html\n", out);
}

/// Shows how far each stage is; the stages that take no time are not shown.
class StageBars {
 public:
  void Show(const std::string& kind, int done, int total) {
    if (kind != kDetectKind && kind != kPatchKind) return;
    if (shown_ != kind) bar_ = std::make_unique<Progress>(kind, total);
    shown_ = kind;
    bar_->Grow(total);
    bar_->Update(done);
  }

 private:
  std::string shown_;
  std::unique_ptr<Progress> bar_;
};

StatusOr<ExitCode> Run(const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.compute.device, options.compute.precision));
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(auto stack, io::OpenStack(options.source));
  PrintInputs(stack->track());
  FW_RETURN_IF_ERROR(CheckInputs(stack->track(), options));
  detector::DetectOptions detect;
  detect.threads = options.compute.threads;
  FW_ASSIGN_OR_RETURN(const auto detector, detector::Detector::Load(models, device, detect));
  unwrapper::UnwrapOptions unwrap;
  unwrap.threads = options.compute.threads;
  FW_ASSIGN_OR_RETURN(const auto unwrapper, unwrapper::Unwrapper::Load(models, device, unwrap));

  FW_ASSIGN_OR_RETURN(const auto points, nn::DetectorOperatingPoints(models));
  FW_ASSIGN_OR_RETURN(const auto run,
                      OpenRunOf(options, std::move(stack),
                                {device.Kind(), detector->model_hashes(), unwrapper->model_hashes(), points}));
  if (options.policy.false_sites) {
    fmt::print("threshold {}: at most {} false sites per 1,000 km2, as measured on simulated frames\n",
               run->record.threshold, *options.policy.false_sites);
  }
  const std::string out = options.out.empty() ? "runs/" + run->record.run_id : options.out;
  FW_ASSIGN_OR_RETURN(const auto store, OpenLocalStore(out + "/artifacts"));
  LocalRun local;
  {
    StageBars bars;
    const auto show = [&bars](const std::string& kind, int done, int total) { bars.Show(kind, done, total); };
    FW_ASSIGN_OR_RETURN(local,
                        RunInOneProcess(run, {*detector, *unwrapper, *store, device.Kind()}, out, show, Interrupted));
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  PrintOutcome(local, out, elapsed.count());
  return ExitCodeOfRun(scheduler::NameOf(local.state));
}

}  // namespace

ExitCode RunCommand(const RunOptions& options) {
  const StatusOr<ExitCode> code = Run(options);
  return code.ok() ? *code : Report(code.status());
}

}  // namespace fringewatch::cli
