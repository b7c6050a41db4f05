/// `fringewatch evaluate`: a run against the truth of its simulation.
#include "services/cli/commands.h"
#include "services/results/app/evaluate_run.h"

namespace fringewatch::cli {

ExitCode EvaluateCommand(const EvaluateOptions& options) {
  const auto evaluation = results::EvaluateRun(options.run, options.truth);
  if (!evaluation.ok()) return Report(evaluation.status());
  fmt::print("{}\n", options.json ? results::ToJson(*evaluation) : results::ToText(*evaluation));
  return ExitCode::kDone;
}

}  // namespace fringewatch::cli
