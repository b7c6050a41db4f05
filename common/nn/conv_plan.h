/// A network of convolutions prepared once for one shape of input, with oneDNN, the library that libtorch computes
/// convolutions with on a processor. Asked directly it adds and clips inside the convolution, where libtorch passes
/// over the memory again for each; weights lie from the start as the processor likes them; the memory between layers
/// is used again.
#pragma once

#include <torch/torch.h>

#include <deque>
#include <dnnl.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fringewatch::nn {

/// "2.6.3"
[[nodiscard]] std::string OneDnnVersion();

/// One convolution, its norm folded.
struct ConvLayer {
  torch::Tensor weight;  ///< (out, in, k, k)
  torch::Tensor bias;    ///< (out)
  int stride = 1, padding_px = 0, dilation = 1;
};

/// Memory for one run each, kept for the next. Thread-safe.
class ScratchPool {
 public:
  class Loan {
   public:
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    [[nodiscard]] uint8_t* data() const { return memory_.data_ptr<uint8_t>(); }

   private:
    friend class ScratchPool;
    Loan(ScratchPool& pool, int64_t bytes);
    ScratchPool& pool_;
    torch::Tensor memory_;
  };
  /// At least `bytes`, of any content, until the loan ends.
  [[nodiscard]] Loan Take(int64_t bytes);
  /// Frees what is not on loan.
  void Clear();

 private:
  std::mutex mutex_;
  size_t on_loan_ = 0;
  std::vector<torch::Tensor> free_;
};

/// Layers are added in the order in which they run; then Run() may be called from several threads at once. A step
/// takes as many threads as torch::get_num_threads() said when it was added. Everything throws dnnl::error or
/// c10::Error.
class ConvPlan {
 public:
  using Value = int;  ///< a tensor (B, C, H, W) between layers, channels-last

  /// `precision`: kFloat32 or kBFloat16, of every tensor but a head's.
  explicit ConvPlan(torch::Dtype precision);

  /// A raster (B, C, H, W), in patches of `patch_px` (PatchesToChannels).
  Value Input(torch::IntArrayRef sizes, int patch_px);
  /// The convolution of `x`, negative values clipped if `relu`.
  Value Conv(Value x, const ConvLayer& layer, bool relu);
  /// relu(sum + convolution of x), in the memory of `sum`, which is not to be used again.
  Value ConvOnto(Value x, const ConvLayer& layer, Value sum);
  /// sum + `x` enlarged to its size by nearest neighbours, in the memory of `sum`, which is not to be used again.
  Value UpsampleOnto(Value x, Value sum);
  /// The last convolution: its answer is float32, its weights have the precision of the rest. Each place becomes a
  /// patch of `patch_px` pixels (ChannelsToPatches).
  void Head(Value x, const ConvLayer& layer, int patch_px);
  /// Gives every tensor its place. To be called once, after the last layer.
  void Finish();

  /// `input`: of the sizes given to Input(), of any layout and type, on the CPU. Returns what Head() gives, float32.
  [[nodiscard]] torch::Tensor Run(const torch::Tensor& input, ScratchPool& pool) const;

 private:
  static constexpr Value kNone = -1, kInput = 0;
  struct Storage {
    dnnl::memory::desc desc;
    int first_step = 0, last_step = 0;  ///< when it must hold
    int64_t offset = 0;                 ///< in the scratch memory, bytes
  };
  struct Step {
    dnnl::primitive primitive;
    std::unordered_map<int, Value> values;          ///< argument of the primitive -> tensor
    std::unordered_map<int, dnnl::memory> weights;  ///< argument -> weights, bias
  };

  Value Add(const dnnl::memory::desc& desc);
  Value AddConv(Value x, const ConvLayer& layer, const dnnl::post_ops& post_ops, dnnl::memory::data_type to, Value sum);
  void AddStep(Step step);

  torch::Dtype precision_;
  dnnl::engine engine_;
  std::vector<Storage> values_;
  std::vector<Step> steps_;
  int64_t scratch_bytes_ = 0;
  Value output_ = kNone;
  std::vector<int64_t> input_sizes_;
  int input_patch_px_ = 1, output_patch_px_ = 1;
};

/// The plans of one network, the last few by shape of input. Thread-safe.
class ConvPlans {
 public:
  using Make = std::function<std::shared_ptr<const ConvPlan>()>;
  /// ConvPlan::Run with the plan for this shape of input, which `make` makes when there is none. Nothing where oneDNN
  /// has no such layers: bfloat16 on a processor without AVX-512. Throws std::bad_alloc where memory lacks.
  [[nodiscard]] std::optional<torch::Tensor> Run(const torch::Tensor& input, torch::Dtype precision, const Make& make);

  /// Gives back the memory that is kept for the next run.
  void FreeScratch() { scratch_.Clear(); }

 private:
  struct Key {
    std::vector<int64_t> sizes;
    torch::Dtype precision;
    int threads;
    bool operator==(const Key&) const = default;
  };
  [[nodiscard]] std::shared_ptr<const ConvPlan> Find(const Key& key, const Make& make);

  std::mutex mutex_;
  std::deque<std::pair<Key, std::shared_ptr<const ConvPlan>>> plans_;  ///< the last used first; empty: cannot be
  ScratchPool scratch_;
};

}  // namespace fringewatch::nn
