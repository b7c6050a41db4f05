/// How many threads one call of a network may take.
#pragma once

namespace fringewatch::nn {

/// Network calls of the thread that made it, and of the threads it starts meanwhile, run on one thread each while this
/// lives: the convolutions of libtorch round differently on different numbers of threads, and several calls at once
/// on one thread each are also faster. The setting is the process's; the last of several to end restores it.
class OneThreadPerCall {
 public:
  OneThreadPerCall();
  ~OneThreadPerCall();
  OneThreadPerCall(const OneThreadPerCall&) = delete;
  OneThreadPerCall& operator=(const OneThreadPerCall&) = delete;
};

}  // namespace fringewatch::nn
