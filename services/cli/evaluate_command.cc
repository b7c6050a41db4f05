/// `fringewatch evaluate`: a run against the truth of its simulation, or against another program's velocities.
#include "services/cli/commands.h"
#include "services/results/app/compare_reference.h"
#include "services/results/app/evaluate_run.h"

namespace fringewatch::cli {
namespace {

template <typename T>
ExitCode Print(const StatusOr<T>& answer, bool json) {
  if (!answer.ok()) return Report(answer.status());
  fmt::print("{}\n", json ? results::ToJson(*answer) : results::ToText(*answer));
  return ExitCode::kDone;
}

}  // namespace

ExitCode EvaluateCommand(const EvaluateOptions& options) {
  if (!options.reference.empty())
    return Print(results::CompareWithReference(options.run, options.reference), options.json);
  return Print(results::EvaluateRun(options.run, options.truth), options.json);
}

}  // namespace fringewatch::cli
