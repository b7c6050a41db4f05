/// One run through a cluster that something happens to, compared with the undisturbed run.
#pragma once

#include <functional>
#include <ostream>
#include <random>
#include <string>

#include "tests/integration/operator.h"

namespace fringewatch::integration {

/// What the frame gives when nobody disturbs the cluster.
struct Undisturbed {
  Products products;               ///< of `fringewatch run`
  std::vector<std::string> sites;  ///< of a cluster's inventory: SitesOf
  double duration_s = 0;           ///< of a cluster's run, from the request to the end
};
/// Worked out once; fails the test when the cluster does not agree with `fringewatch run`.
[[nodiscard]] const Undisturbed& Calm();

using Random = std::mt19937_64;

struct Disturbance {
  std::string name;
  std::map<Kind, int> processes;
  /// Called at a random moment of the run, `latest` undisturbed durations after its begin at most.
  std::function<void(Cluster& cluster, Random& random)> act;
  /// Called when the run was accepted and `act` has returned; may be empty.
  std::function<void(Cluster& cluster, const std::string& run_id)> afterwards;
  double latest = 1.05;
};

/// For the messages of tests.
inline void PrintTo(const Disturbance& disturbance, std::ostream* out) { *out << disturbance.name; }

/// Submits the frame, disturbs at a random moment, and waits for the end. True when products and sites are those of
/// the undisturbed run; what differs fails the test.
[[nodiscard]] bool EndsAsUndisturbed(const Disturbance& disturbance, Random& random);

}  // namespace fringewatch::integration
