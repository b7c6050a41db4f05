#include "services/trainer/lesson.h"

namespace fringewatch::trainer {

StatusOr<std::unique_ptr<Lesson>> MakeLesson(const std::string& name, const std::string& model_dir,
                                             const nn::Device& device) {
  if (name == "ddnet") return MakeDetectionLesson();
  if (name == "punet") return MakeUnwrapLesson();
  if (name == "stack") return MakeStackLesson(model_dir, device);
  return Error(Fault::kBadOption, "network '{}' is not known; use ddnet, punet or stack", name);
}

}  // namespace fringewatch::trainer
