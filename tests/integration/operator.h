/// What an operator does with a cluster, as the tests do it: submit, follow, look at the answers.
#pragma once

#include <functional>
#include <string>

#include "tests/integration/cluster.h"
#include "tests/integration/frame.h"

namespace fringewatch::integration {

[[nodiscard]] bool IsFinal(v1::RunState state);

/// Submits, and tries the same request again while the scheduler is away. \error what the scheduler says; kDeadline
[[nodiscard]] StatusOr<v1::Run> Submit(Cluster& cluster, const v1::SubmitTrackRequest& request, Moment deadline);

/// Follows the run until its progress pleases; connects again when the scheduler went away.
/// \error kDeadline with the last progress; what the scheduler says; kWrongState when the run ended otherwise.
[[nodiscard]] StatusOr<v1::RunProgress> AwaitProgress(Cluster& cluster, const std::string& run_id, Moment deadline,
                                                      const std::function<bool(const v1::RunProgress&)>& pleases);
/// Until it ends, however it does.
[[nodiscard]] StatusOr<v1::Run> AwaitEnd(Cluster& cluster, const std::string& run_id, Moment deadline);

/// Product hashes of a run, as GetProducts says and as the files in the run folder are: both must agree.
[[nodiscard]] Products ProductsOf(Cluster& cluster, const std::string& run_id);

/// All sites of the run's inventory, one text each, without what differs from run to run (time of update). Sorted.
[[nodiscard]] std::vector<std::string> SitesOf(Cluster& cluster, const std::string& run_id);

}  // namespace fringewatch::integration
