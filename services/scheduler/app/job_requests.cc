#include "services/scheduler/app/job_requests.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/hash.h"
#include "common/wire/request_fields.h"

namespace fringewatch::scheduler {
namespace {

using wire::RequestFields;

constexpr size_t kLongestText = 4096;
constexpr std::array kFormats = {"", "auto", "licsar", "hyp3", "isce2", "gamma", "geotiff"};

void CheckLength(bool given, double value_m, const char* field, RequestFields& fields) {
  fields.Require(!given || (std::isfinite(value_m) && value_m > 0), field, fmt::format("{} m is no length", value_m));
}

void CheckSource(const v1::Source& source, RequestFields& fields) {
  fields.Require(!source.uri().empty(), "source.uri", "is empty; name the folder of the stack");
  fields.Text(source.uri(), "source.uri", kLongestText);
  fields.Text(source.pattern(), "source.pattern", kLongestText);
  fields.Text(source.coherence_pattern(), "source.coherence_pattern", kLongestText);
  fields.Text(source.height_uri(), "source.height_uri", kLongestText);
  fields.Require(std::find(kFormats.begin(), kFormats.end(), source.format()) != kFormats.end(), "source.format",
                 fmt::format("'{}' is none of licsar, hyp3, isce2, gamma, geotiff; empty = recognise",
                             source.format().substr(0, 64)));
  CheckLength(source.has_wavelength_m(), source.wavelength_m(), "source.wavelength_m", fields);
  CheckLength(source.has_pixel_size_m(), source.pixel_size_m(), "source.pixel_size_m", fields);
}

void CheckPolicy(const v1::Policy& policy, RequestFields& fields) {
  const RunPolicy asked = PolicyOf(policy);
  fields.Range(asked.threshold, kThresholdLimits.least, kThresholdLimits.most, "policy.threshold");
  if (asked.false_sites) {
    fields.Range(*asked.false_sites, kFalseSitesLimits.least, kFalseSitesLimits.most,
                 "policy.false_sites_per_1000_km2");
    fields.Require(!policy.has_threshold(), "policy.threshold",
                   "policy.false_sites_per_1000_km2 is given too; drop one");
  }
  fields.Range(asked.tile_px, kTileLimits_px.least, kTileLimits_px.most, "policy.tile_px");
  fields.Range(asked.halo_px, kHaloLimits_px.least, kHaloLimits_px.most, "policy.halo_px");
}

}  // namespace

Status Check(const v1::SubmitTrackRequest& request) {
  RequestFields fields;
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
  RequestFields fields;
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
  if (policy.has_false_sites_per_1000_km2()) asked.false_sites = policy.false_sites_per_1000_km2();
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
