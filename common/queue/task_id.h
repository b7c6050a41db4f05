/// Names of tasks, of their kinds and of their artifacts.
#pragma once

#include <string>
#include <string_view>

namespace fringewatch {

/// Kinds of task (Task::kind), in the order in which a run needs them.
inline constexpr const char* kDetectKind = "detect";  ///< looks for sites in one tile: the detector
inline constexpr const char* kPatchKind = "patch";    ///< measures one site: the unwrapper
inline constexpr const char* kSiteKind = "site";      ///< puts a measured site into the inventory: the results service
inline constexpr const char* kPublishKind = "publish";  ///< writes the products of a run: the results service

/// Id of the `index`-th follow-up of a task: first 32 hexadecimal digits of SHA-256 over the parent's id, the kind
/// and the index. The parent's id is a hash of its inputs, so this one is too.
[[nodiscard]] std::string FollowUpId(std::string_view parent_task_id, std::string_view kind, int index);

/// Store key of a detection task's answer (JSON, wire::DetectAnswer).
[[nodiscard]] std::string DetectKey(std::string_view task_id);
/// Store key of a patch task's answer (site file, HDF5).
[[nodiscard]] std::string PatchKey(std::string_view task_id);

}  // namespace fringewatch
