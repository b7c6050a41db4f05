/// What tests do to the queue behind the services' backs.
#pragma once

#include <string>

#include "tests/integration/cluster.h"

namespace fringewatch::integration {

/// Until the run ends: lets each delivery of a task run out of its lease once, at once, while its owner still works on
/// it; so another worker, or the same, gets it too. Returns how many deliveries.
[[nodiscard]] int ExpireEachDeliveryOnce(Cluster& cluster, const std::string& run_id);

}  // namespace fringewatch::integration
