#include "common/queue/task_id.h"

#include <fmt/format.h>

#include "common/base/hash.h"

namespace fringewatch {

std::string FollowUpId(std::string_view parent_task_id, std::string_view kind, int index) {
  return Sha256(fmt::format("{}/{}/{}", parent_task_id, kind, index)).substr(0, 32);
}

std::string DetectKey(std::string_view task_id) { return fmt::format("detect/{}.json", task_id); }
std::string PatchKey(std::string_view task_id) { return fmt::format("patch/{}.h5", task_id); }

}  // namespace fringewatch
