/// What `fringewatch bench` measures: each stage on simulated data in memory, beside a baseline in the same run.
#pragma once

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "common/base/status.h"
#include "services/cli/commands.h"

namespace fringewatch::cli {

/// Wall and CPU seconds (of all threads of the process) since it was made.
class Stopwatch {
 public:
  [[nodiscard]] double Wall_s() const { return std::chrono::duration<double>(Clock::now() - wall_).count(); }
  [[nodiscard]] double Cpu_s() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point wall_ = Clock::now();
  std::clock_t cpu_ = std::clock();
};

/// Detection of a frame, in each precision this machine has; the share of its peak convolution that the networks reach.
[[nodiscard]] StatusOr<nlohmann::json> BenchDetect(const BenchOptions& options);
/// Patches of 128 x 128 by coherence; baseline: PUNet alone.
[[nodiscard]] StatusOr<nlohmann::json> BenchUnwrap(const BenchOptions& options);
/// Series of pixels with their own weights and gaps; baseline: a dense least-squares solution per pixel.
[[nodiscard]] StatusOr<nlohmann::json> BenchInvert(const BenchOptions& options);
/// The whole job; baseline: every pixel of every pair unwrapped and inverted with the same solvers.
[[nodiscard]] StatusOr<nlohmann::json> BenchPipeline(const BenchOptions& options);

}  // namespace fringewatch::cli
