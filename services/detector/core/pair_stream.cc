#include "services/detector/core/pair_stream.h"

#include <algorithm>
#include <deque>
#include <future>
#include <vector>

namespace fringewatch::detector {
namespace {

class ThreadedPairs final : public PairStream {
 public:
  ThreadedPairs(int pairs, int at_once, Read read, Look look)
      : pairs_(pairs), read_(std::move(read)), look_(std::move(look)) {
    for (int i = 0; i < at_once; ++i) Start();
  }

  StatusOr<SeenPair> Next() override {
    StatusOr<SeenPair> seen = pending_.front().get();
    pending_.pop_front();
    Start();
    return seen;
  }

 private:
  void Start() {
    if (started_ == pairs_) return;
    pending_.push_back(std::async(std::launch::async, [this, pair = started_++] { return ReadAndLook(pair); }));
  }
  StatusOr<SeenPair> ReadAndLook(int pair) const {
    const c10::InferenceMode inference;
    FW_ASSIGN_OR_RETURN(UsablePair usable, read_(pair));
    SeenPair seen;
    if (usable.packed.defined()) seen.logits = look_(usable.packed.unsqueeze(0))[0];
    seen.raster = std::move(usable.raster);
    return seen;
  }

  int pairs_, started_ = 0;
  Read read_;
  Look look_;
  std::deque<std::future<StatusOr<SeenPair>>> pending_;  ///< destroyed first: waits for the threads
};

class BatchedPairs final : public PairStream {
 public:
  BatchedPairs(int pairs, int batch, int reads_ahead, Read read, Look look)
      : pairs_(pairs), batch_(batch), read_(std::move(read)), look_(std::move(look)) {
    for (int i = 0; i < reads_ahead; ++i) StartRead();
    StartBatch();
  }

  StatusOr<SeenPair> Next() override {
    if (ready_.empty()) {
      FW_ASSIGN_OR_RETURN(ready_, next_batch_.get());
      StartBatch();
    }
    SeenPair seen = std::move(ready_.front());
    ready_.pop_front();
    return seen;
  }

 private:
  void StartRead() {
    if (read_started_ == pairs_) return;
    reads_.push_back(std::async(std::launch::async, [this, pair = read_started_++] {
      const c10::InferenceMode inference;
      return read_(pair);
    }));
  }
  /// The thread of a batch is the only one that touches what the batches share, until its answer is fetched.
  void StartBatch() {
    if (taken_ < pairs_) next_batch_ = std::async(std::launch::async, [this] { return LookAtBatch(); });
  }
  StatusOr<std::deque<SeenPair>> LookAtBatch() {
    const c10::InferenceMode inference;
    std::deque<SeenPair> seen;
    std::vector<torch::Tensor> packed;
    for (const int end = std::min(pairs_, taken_ + batch_); taken_ < end; ++taken_) {
      FW_ASSIGN_OR_RETURN(UsablePair usable, reads_.front().get());
      reads_.pop_front();
      StartRead();
      seen.emplace_back().raster = std::move(usable.raster);
      // Stands in until the device has answered: says which pairs have an answer.
      seen.back().logits = usable.packed;
      if (usable.packed.defined()) packed.push_back(std::move(usable.packed));
    }
    if (packed.empty()) return seen;
    const torch::Tensor logits = look_(torch::stack(packed));
    int64_t next = 0;
    for (SeenPair& pair : seen) {
      if (pair.logits.defined()) pair.logits = logits[next++];
    }
    return seen;
  }

  int pairs_, batch_, read_started_ = 0, taken_ = 0;
  Read read_;
  Look look_;
  std::deque<SeenPair> ready_;
  std::deque<std::future<StatusOr<UsablePair>>> reads_;
  std::future<StatusOr<std::deque<SeenPair>>> next_batch_;  ///< destroyed first: waits for the thread that fills it
};

}  // namespace

std::unique_ptr<PairStream> LookOnThreads(int pairs, int at_once, PairStream::Read read, PairStream::Look look) {
  return std::make_unique<ThreadedPairs>(pairs, at_once, std::move(read), std::move(look));
}

std::unique_ptr<PairStream> LookInBatches(int pairs, int batch, int reads_ahead, PairStream::Read read,
                                          PairStream::Look look) {
  return std::make_unique<BatchedPairs>(pairs, batch, reads_ahead, std::move(read), std::move(look));
}

}  // namespace fringewatch::detector
