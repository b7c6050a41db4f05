/// The commands of `fringewatch` that work on this machine, one function each. Every one prints its own results and
/// errors.
#pragma once

#include <optional>
#include <string>

#include "common/io/open_stack.h"
#include "common/sim/scene.h"
#include "services/cli/exit_code.h"
#include "services/scheduler/core/run_policy.h"

namespace fringewatch::cli {

/// Options that say where and with which networks to compute.
struct ComputeOptions {
  std::string models;              ///< folder; empty = FindModels
  std::string device = "auto";     ///< auto, cpu, cuda, cuda:N
  std::string precision = "auto";  ///< auto, fp32, bf16
  int threads = 0;                 ///< 0 = all
};

struct RunOptions {
  StackSource source;
  ComputeOptions compute;
  std::string out;  ///< run folder; empty = runs/<run_id>
  scheduler::RunPolicy policy;
};

struct SimulateOptions {
  sim::SceneConfig scene;
  std::string out;
};

struct EvaluateOptions {
  std::string run;
  std::string truth;      ///< folder of a simulation's truth; this or `reference`
  std::string reference;  ///< velocity map of another program, mm/yr
  bool json = false;
};

/// One interferogram as GDAL reads it.
struct PairFiles {
  std::string phase;
  std::string coherence;  ///< empty = estimated from the phase
};

struct DetectOptions {
  PairFiles files;
  ComputeOptions compute;
  std::string out;
  double threshold = scheduler::RunPolicy().threshold;
  std::optional<double> wavelength_m, pixel_size_m;
  std::optional<int> span_days;
};

struct UnwrapOptions {
  PairFiles files;
  ComputeOptions compute;
  std::string out;
};

struct BenchOptions {
  std::string stage;  ///< detect, unwrap, invert, pipeline
  ComputeOptions compute;
  int size_px = 1024;  ///< edge of the simulated frame
  uint64_t seed = 1;
};

[[nodiscard]] ExitCode RunCommand(const RunOptions& options);
[[nodiscard]] ExitCode SimulateCommand(const SimulateOptions& options);
[[nodiscard]] ExitCode EvaluateCommand(const EvaluateOptions& options);
[[nodiscard]] ExitCode DetectCommand(const DetectOptions& options);
[[nodiscard]] ExitCode UnwrapCommand(const UnwrapOptions& options);
[[nodiscard]] ExitCode BenchCommand(const BenchOptions& options);
[[nodiscard]] ExitCode DoctorCommand(const ComputeOptions& options);

}  // namespace fringewatch::cli
