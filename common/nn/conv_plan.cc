#include "common/nn/conv_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "common/nn/patches.h"

static_assert(DNNL_VERSION_MAJOR == 2, "plans are written for oneDNN 2: build with -DFRINGEWATCH_ONEDNN=OFF");

namespace fringewatch::nn {
namespace {

using dnnl::memory;

memory::data_type TypeOf(torch::Dtype precision) {
  TORCH_CHECK(precision == torch::kFloat32 || precision == torch::kBFloat16, "no plans in ", precision);
  return precision == torch::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc ChannelsLast(const memory::dims& dims, memory::data_type type) {
  return {dims, type, memory::format_tag::nhwc};
}

/// The tensor in the layout and type of `desc`.
memory Rearranged(const torch::Tensor& tensor, const memory::desc& desc, const dnnl::engine& engine) {
  const torch::Tensor plain = tensor.to(torch::kFloat32).contiguous();
  const auto tag = plain.dim() == 4 ? memory::format_tag::oihw : memory::format_tag::a;
  memory from({plain.sizes().vec(), memory::data_type::f32, tag}, engine, plain.data_ptr());
  memory to(desc, engine);
  dnnl::stream stream(engine);
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

dnnl::primitive_attr Attributes(const dnnl::post_ops& post_ops) {
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post_ops);
  // Without its own memory a primitive may run on several threads at once.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void AppendRelu(dnnl::post_ops& post_ops) { post_ops.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F); }

/// Empty where the library has no such layers.
std::shared_ptr<const ConvPlan> MadeIfPossible(const ConvPlans::Make& make) {
  try {
    return make();
  } catch (const dnnl::error& failure) {
    if (failure.status != dnnl_unimplemented) throw;
    return nullptr;
  }
}

constexpr int64_t kAlignment_bytes = 64;
/// More shapes than the tiles of a frame have; patches of sites come in more. Each holds its own weights.
constexpr size_t kPlansKept = 16;

int64_t Aligned(int64_t bytes) { return (bytes + kAlignment_bytes - 1) / kAlignment_bytes * kAlignment_bytes; }

}  // namespace

std::string OneDnnVersion() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

ConvPlan::ConvPlan(torch::Dtype precision) : precision_(precision), engine_(dnnl::engine::kind::cpu, 0) {}

ConvPlan::Value ConvPlan::Input(torch::IntArrayRef sizes, int patch_px) {
  TORCH_CHECK(values_.empty(), "a plan has one input");
  input_sizes_ = sizes.vec();
  input_patch_px_ = patch_px;
  return Add(ChannelsLast({sizes[0], sizes[1] * patch_px * patch_px, sizes[2] / patch_px, sizes[3] / patch_px},
                          TypeOf(precision_)));
}

ConvPlan::Value ConvPlan::Conv(Value x, const ConvLayer& layer, bool relu) {
  dnnl::post_ops post_ops;
  if (relu) AppendRelu(post_ops);
  return AddConv(x, layer, post_ops, TypeOf(precision_), kNone);
}

ConvPlan::Value ConvPlan::ConvOnto(Value x, const ConvLayer& layer, Value sum) {
  dnnl::post_ops post_ops;
  post_ops.append_sum(1.0F);
  AppendRelu(post_ops);
  return AddConv(x, layer, post_ops, TypeOf(precision_), sum);
}

ConvPlan::Value ConvPlan::UpsampleOnto(Value x, Value sum) {
  dnnl::post_ops post_ops;
  post_ops.append_sum(1.0F);
  const dnnl::resampling_forward::primitive_desc prepared(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::resampling_nearest, values_[x].desc, values_[sum].desc},
      Attributes(post_ops), engine_);
  AddStep({dnnl::resampling_forward(prepared),
           {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, sum}, {DNNL_ARG_SCRATCHPAD, Add(prepared.scratchpad_desc())}},
           {}});
  return sum;
}

void ConvPlan::Head(Value x, const ConvLayer& layer, int patch_px) {
  output_patch_px_ = patch_px;
  output_ = AddConv(x, layer, {}, memory::data_type::f32, kNone);
}

ConvPlan::Value ConvPlan::Add(const memory::desc& desc) {
  values_.push_back({desc, static_cast<int>(steps_.size()), static_cast<int>(steps_.size())});
  return static_cast<Value>(values_.size()) - 1;
}

ConvPlan::Value ConvPlan::AddConv(Value x, const ConvLayer& layer, const dnnl::post_ops& post_ops, memory::data_type to,
                                  Value sum) {
  const memory::desc from = values_[x].desc;
  const memory::dims in = from.dims(), kernel = layer.weight.sizes().vec();
  const auto length = [&](int axis) {
    return (in[axis] + 2 * layer.padding_px - layer.dilation * (kernel[axis] - 1) - 1) / layer.stride + 1;
  };
  const memory::dims stride(2, layer.stride), dilation(2, layer.dilation - 1), padding(2, layer.padding_px);
  const memory::desc bias({kernel[0]}, memory::data_type::f32, memory::format_tag::a);
  const dnnl::convolution_forward::primitive_desc prepared(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, from,
       memory::desc(kernel, from.data_type(), memory::format_tag::any), bias,
       ChannelsLast({in[0], kernel[0], length(2), length(3)}, to), stride, dilation, padding, padding},
      Attributes(post_ops), engine_);
  TORCH_CHECK(sum == kNone || values_[sum].desc == prepared.dst_desc(), "a sum of tensors of two shapes");
  const Value answer = sum == kNone ? Add(prepared.dst_desc()) : sum;
  AddStep({dnnl::convolution_forward(prepared),
           {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, answer}, {DNNL_ARG_SCRATCHPAD, Add(prepared.scratchpad_desc())}},
           {{DNNL_ARG_WEIGHTS, Rearranged(layer.weight, prepared.weights_desc(), engine_)},
            {DNNL_ARG_BIAS, Rearranged(layer.bias, bias, engine_)}}});
  return answer;
}

void ConvPlan::AddStep(Step step) {
  for (const auto& [argument, value] : step.values) values_[value].last_step = static_cast<int>(steps_.size());
  steps_.push_back(std::move(step));
}

void ConvPlan::Finish() {
  TORCH_CHECK(output_ != kNone, "Finish() before Head()");
  // In the order of need, each as low as those that are needed at the same time leave room.
  std::vector<const Storage*> placed;
  for (Storage& value : values_) {
    const int64_t bytes = Aligned(static_cast<int64_t>(value.desc.get_size()));
    for (const Storage* other : placed) {  // sorted by offset
      if (other->last_step < value.first_step || value.last_step < other->first_step) continue;
      if (value.offset + bytes <= other->offset) break;
      value.offset = std::max(value.offset, other->offset + Aligned(static_cast<int64_t>(other->desc.get_size())));
    }
    scratch_bytes_ = std::max(scratch_bytes_, value.offset + bytes);
    const auto at = std::upper_bound(placed.begin(), placed.end(), value.offset,
                                     [](int64_t offset, const Storage* other) { return offset < other->offset; });
    placed.insert(at, &value);
  }
}

torch::Tensor ConvPlan::Run(const torch::Tensor& input, ScratchPool& pool) const {
  TORCH_CHECK(scratch_bytes_ > 0, "Run() before Finish()");
  TORCH_CHECK(input.sizes() == input_sizes_, "a plan for ", input_sizes_, " cannot take ", input.sizes());
  const ScratchPool::Loan scratch = pool.Take(scratch_bytes_);
  const auto place = [&](Value value) { return scratch.data() + values_[value].offset; };
  PatchesToChannels(input, input_patch_px_, precision_, place(kInput));
  dnnl::stream stream(engine_);
  for (const Step& step : steps_) {
    std::unordered_map<int, memory> arguments = step.weights;
    for (const auto& [argument, value] : step.values) {
      arguments.insert_or_assign(argument, memory(values_[value].desc, engine_, place(value)));
    }
    step.primitive.execute(stream, arguments);
  }
  stream.wait();
  const memory::dims sizes = values_[output_].desc.dims();
  return ChannelsToPatches(reinterpret_cast<const float*>(place(output_)), {sizes[0], sizes[2], sizes[3], sizes[1]},
                           output_patch_px_);
}

ScratchPool::Loan ScratchPool::Take(int64_t bytes) { return {*this, bytes}; }

void ScratchPool::Clear() {
  const std::lock_guard lock(mutex_);
  free_.clear();
}

ScratchPool::Loan::Loan(ScratchPool& pool, int64_t bytes) : pool_(pool) {
  {
    const std::lock_guard lock(pool_.mutex_);
    if (!pool_.free_.empty()) {
      memory_ = std::move(pool_.free_.back());
      pool_.free_.pop_back();
    }
  }
  if (!memory_.defined() || memory_.numel() < bytes) {
    memory_.reset();
    memory_ = torch::empty({bytes}, torch::kUInt8);
  }
  const std::lock_guard lock(pool_.mutex_);
  pool_.free_.reserve(pool_.free_.size() + pool_.on_loan_ + 1);  // the end of a loan must not throw
  ++pool_.on_loan_;
}

ScratchPool::Loan::~Loan() {
  const std::lock_guard lock(pool_.mutex_);
  --pool_.on_loan_;
  pool_.free_.push_back(std::move(memory_));
}

std::optional<torch::Tensor> ConvPlans::Run(const torch::Tensor& input, torch::Dtype precision, const Make& make) {
  try {
    const auto plan = Find({input.sizes().vec(), precision, torch::get_num_threads()}, make);
    return plan ? std::optional(plan->Run(input, scratch_)) : std::nullopt;
  } catch (const dnnl::error& failure) {
    if (failure.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw;
  }
}

std::shared_ptr<const ConvPlan> ConvPlans::Find(const Key& key, const Make& make) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) { return plan.first == key; });
  if (at == plans_.end()) {
    plans_.emplace_front(key, MadeIfPossible(make));
    if (plans_.size() > kPlansKept) plans_.pop_back();
  } else {
    std::rotate(plans_.begin(), at, at + 1);
  }
  return plans_.front().second;
}

}  // namespace fringewatch::nn
