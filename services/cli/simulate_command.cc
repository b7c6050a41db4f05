/// `fringewatch simulate`: a frame with known truth, in the LiCSAR layout.
#include <filesystem>

#include "common/io/licsar_writer.h"
#include "services/cli/commands.h"
#include "services/cli/progress.h"

namespace fringewatch::cli {

ExitCode SimulateCommand(const SimulateOptions& options) {
  const sim::Scene scene(options.scene);
  const int pairs = static_cast<int>(scene.track().pairs.size());
  fmt::print("seed {}: {} x {} pixels of {} m, {} epochs, {} pairs, {} sites\n", options.scene.seed, options.scene.rows,
             options.scene.cols, options.scene.pixel_m, options.scene.epochs, pairs, scene.sites().size());
  Progress progress("simulate", pairs);
  const Status written = io::WriteSimulation(scene, options.out, [&progress](int done) { progress.Update(done); });
  if (written.ok()) fmt::print("wrote {}\n", options.out);
  return Report(written);
}

}  // namespace fringewatch::cli
