#include "common/nn/thread_limit.h"

#include <torch/torch.h>

#include <mutex>

namespace fringewatch::nn {
namespace {

struct Limit {
  std::mutex mutex;
  int holders = 0;
  int before = 0;
};

Limit& TheLimit() {
  static Limit limit;
  return limit;
}

}  // namespace

OneThreadPerCall::OneThreadPerCall() {
  Limit& limit = TheLimit();
  const std::lock_guard lock(limit.mutex);
  if (limit.holders++ == 0) limit.before = torch::get_num_threads();
  torch::set_num_threads(1);  // each time: part of the setting belongs to the calling thread
}

OneThreadPerCall::~OneThreadPerCall() {
  Limit& limit = TheLimit();
  const std::lock_guard lock(limit.mutex);
  if (--limit.holders == 0) torch::set_num_threads(limit.before);
}

}  // namespace fringewatch::nn
