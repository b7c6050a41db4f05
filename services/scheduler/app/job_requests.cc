#include "services/scheduler/app/job_requests.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "common/base/hash.h"

namespace fringewatch::scheduler {
namespace {

constexpr size_t kLongestText = 4096;
constexpr std::array kFormats = {"", "auto", "licsar", "hyp3", "isce2", "gamma", "geotiff"};

/// Collects what is wrong, field by field.
class Fields {
 public:
  void Require(bool right, const char* field, const std::string& rule) {
    if (!right) problems_.Add(Fault::kBadOption, fmt::format("{}: {}", field, rule));
  }
  void Text(const std::string& text, const char* field, size_t longest = kLongestText) {
    Require(text.size() <= longest, field, fmt::format("{} bytes, must be at most {}", text.size(), longest));
    Require(text.find('\0') == std::string::npos, field, "holds a zero byte");
  }
  template <typename T>
  void Range(std::optional<T> value, T least, T most, const char* field) {
    if (value)
      Require(*value >= least && *value <= most, field, fmt::format("{} is not {} to {}", *value, least, most));
  }
  void Length(std::optional<double> value_m, const char* field) {
    if (value_m) Require(std::isfinite(*value_m) && *value_m > 0, field, fmt::format("{} m is no length", *value_m));
  }
  [[nodiscard]] Status ToStatus(const char* request) const { return problems_.ToStatus(request); }

 private:
  Problems problems_;
};

void CheckSource(const v1::Source& source, Fields& fields) {
  fields.Require(!source.uri().empty(), "source.uri", "is empty; name the folder of the stack");
  fields.Text(source.uri(), "source.uri");
  fields.Text(source.pattern(), "source.pattern");
  fields.Text(source.coherence_pattern(), "source.coherence_pattern");
  fields.Text(source.height_uri(), "source.height_uri");
  fields.Require(std::find(kFormats.begin(), kFormats.end(), source.format()) != kFormats.end(), "source.format",
                 fmt::format("'{}' is none of licsar, hyp3, isce2, gamma, geotiff; empty = recognise",
                             source.format().substr(0, 64)));
  fields.Length(source.has_wavelength_m() ? std::optional(source.wavelength_m()) : std::nullopt, "source.wavelength_m");
  fields.Length(source.has_pixel_size_m() ? std::optional(source.pixel_size_m()) : std::nullopt, "source.pixel_size_m");
}

void CheckPolicy(const v1::Policy& policy, Fields& fields) {
  const RunPolicy asked = PolicyOf(policy);
  fields.Range<double>(asked.threshold, 0.01, 0.99, "policy.threshold");
  fields.Range<int>(asked.tile_px, 64, 8192, "policy.tile_px");
  fields.Range<int>(asked.halo_px, 0, 2048, "policy.halo_px");
}

}  // namespace

Status Check(const v1::SubmitTrackRequest& request) {
  Fields fields;
  fields.Require(!request.request_id().empty(), "request_id", "is empty; send a UUID of your own for each request");
  fields.Text(request.request_id(), "request_id", 128);
  fields.Text(request.track(), "track", 256);
  CheckSource(request.source(), fields);
  CheckPolicy(request.policy(), fields);
  fields.Require(v1::Priority_IsValid(request.priority()), "priority",
                 fmt::format("{} is no priority", static_cast<int>(request.priority())));
  return fields.ToStatus("SubmitTrack");
}

Status Check(const v1::PlanTrackRequest& request) {
  Fields fields;
  fields.Text(request.track(), "track", 256);
  CheckSource(request.source(), fields);
  CheckPolicy(request.policy(), fields);
  return fields.ToStatus("PlanTrack");
}

StackSource SourceOf(const v1::Source& source, const std::string& track) {
  StackSource asked{.path = source.uri(),
                    .format = source.format().empty() ? "auto" : source.format(),
                    .pattern = source.pattern(),
                    .coherence_pattern = source.coherence_pattern(),
                    .height_path = source.height_uri(),
                    .unwrapped = source.unwrapped(),
                    .flip_sign = source.flip_sign(),
                    .track_name = track};
  if (source.has_wavelength_m()) asked.wavelength_m = source.wavelength_m();
  if (source.has_pixel_size_m()) asked.pixel_size_m = source.pixel_size_m();
  return asked;
}

RunPolicy PolicyOf(const v1::Policy& policy) {
  RunPolicy asked;
  if (policy.has_threshold()) asked.threshold = policy.threshold();
  if (policy.has_tile_px()) asked.tile_px = policy.tile_px();
  if (policy.has_halo_px()) asked.halo_px = policy.halo_px();
  asked.skip_rejected = policy.skip_rejected();
  return asked;
}

Priority PriorityOf(v1::Priority priority) {
  return priority == v1::PRIORITY_EMERGENCY ? Priority::kEmergency : Priority::kRoutine;
}

std::string BodyHash(const v1::SubmitTrackRequest& request) {
  v1::SubmitTrackRequest body = request;
  body.clear_request_id();
  body.DiscardUnknownFields();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    body.SerializeToCodedStream(&coded);
  }
  return Sha256(bytes);
}

}  // namespace fringewatch::scheduler
