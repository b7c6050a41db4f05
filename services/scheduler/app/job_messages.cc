#include "services/scheduler/app/job_messages.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/wire/message_text.h"
#include "common/wire/page_token.h"

namespace fringewatch::scheduler {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kReasons = 20;
constexpr int kListedInputs = 5000;

v1::Source ToMessage(const StackSource& source) {
  v1::Source message;
  message.set_uri(wire::MessageText(source.path));
  message.set_format(source.format == "auto" ? "" : source.format);
  message.set_pattern(wire::MessageText(source.pattern));
  message.set_coherence_pattern(wire::MessageText(source.coherence_pattern));
  message.set_height_uri(wire::MessageText(source.height_path));
  message.set_unwrapped(source.unwrapped);
  message.set_flip_sign(source.flip_sign);
  if (source.wavelength_m) message.set_wavelength_m(*source.wavelength_m);
  if (source.pixel_size_m) message.set_pixel_size_m(*source.pixel_size_m);
  return message;
}

void SetTime(const std::string& text, google::protobuf::Timestamp& time) {
  if (!TimeUtil::FromString(text, &time)) time.Clear();
}

v1::StageProgress ToMessage(const StageCounts& counts, long planned) {
  v1::StageProgress progress;
  progress.set_total(std::max(counts.total(), planned));
  progress.set_done(counts.done);
  progress.set_in_progress(counts.leased);
  progress.set_failed(counts.dead);
  return progress;
}

v1::Input::Verdict ToMessage(InputRecord::Verdict verdict) {
  switch (verdict) {
    case InputRecord::Verdict::kAccepted: return v1::Input::ACCEPTED;
    case InputRecord::Verdict::kSuperseded: return v1::Input::SUPERSEDED;
    case InputRecord::Verdict::kRejected: return v1::Input::REJECTED;
  }
  return v1::Input::VERDICT_UNSPECIFIED;
}

/// Rejected ones first, then superseded ones, each in the order of the track.
void AddInputs(const Track& track, v1::PlanTrackResponse& plan) {
  using Verdict = InputRecord::Verdict;
  for (const Verdict verdict : {Verdict::kRejected, Verdict::kSuperseded, Verdict::kAccepted}) {
    int count = 0;
    for (const InputRecord& input : track.inputs) {
      if (input.verdict != verdict) continue;
      ++count;
      if (plan.inputs_size() >= kListedInputs || plan.ByteSizeLong() > wire::kPageBytes) continue;
      v1::Input* message = plan.add_inputs();
      message->set_path(wire::MessageText(input.path));
      message->set_role(input.role);
      message->set_verdict(ToMessage(verdict));
      message->set_reason(wire::MessageText(input.reason));
    }
    if (verdict == Verdict::kRejected) plan.set_rejected(count);
    if (verdict == Verdict::kSuperseded) plan.set_superseded(count);
    if (verdict == Verdict::kAccepted) plan.set_accepted(count);
  }
}

}  // namespace

v1::RunState ToMessage(RunState state) {
  v1::RunState message = v1::RUN_STATE_UNSPECIFIED;
  (void)v1::RunState_Parse(std::string(NameOf(state)), &message);  // the names are the same, by intent
  return message;
}

v1::Run ToMessage(const RunView& run, RunState state) {
  const RunRecord& record = *run.record;
  v1::Run message;
  message.set_run_id(record.run_id);
  message.set_track(wire::MessageText(record.track));
  *message.mutable_source() = ToMessage(record.source);
  v1::Policy& policy = *message.mutable_policy();
  policy.set_threshold(record.threshold);
  policy.set_tile_px(record.tile_px);
  policy.set_halo_px(record.halo_px);
  policy.set_skip_rejected(record.skip_rejected);
  message.set_priority(record.priority == Priority::kEmergency ? v1::PRIORITY_EMERGENCY : v1::PRIORITY_ROUTINE);
  message.set_state(ToMessage(state));
  SetTime(record.submitted_at, *message.mutable_submitted_at());
  SetTime(run.newest ? run.newest->at : record.submitted_at, *message.mutable_updated_at());
  message.set_submitted_by(wire::MessageText(record.submitted_by));
  if (run.ended()) {
    for (const std::string& reason : run.newest->reasons) {
      if (message.reasons_size() < kReasons) message.add_reasons(wire::MessageText(reason, 1000));
    }
  }
  message.set_compute(record.compute);
  message.set_version(record.version);
  for (const auto* models : {&record.detector_models, &record.unwrapper_models}) {
    for (const std::string& sha256 : *models) message.add_model_sha256(sha256);
  }
  message.set_pairs(record.pairs);
  message.set_rows(record.rows);
  message.set_cols(record.cols);
  return message;
}

v1::DeadTask ToMessage(const DeadTask& dead) {
  v1::DeadTask message;
  message.set_task_id(dead.task.task_id);
  message.set_run_id(dead.task.run_id);
  message.set_kind(dead.task.kind);
  message.set_attempts(dead.task.attempt);
  message.set_code(StatusCodeToString(dead.status.code()));
  message.set_message(wire::MessageText(MessageOf(dead.status)));
  for (const std::string& line : dead.history) message.add_history(wire::MessageText(line, 1000));
  return message;
}

v1::RunProgress ToMessage(const RunView& run, RunState state, const RunCounts& counts) {
  v1::RunProgress message;
  *message.mutable_run() = ToMessage(run, state);
  *message.mutable_tiles() = ToMessage(counts.tiles, run.tiles);
  *message.mutable_patches() = ToMessage(counts.patches, 0);
  message.set_sites(counts.sites.done);
  return message;
}

v1::PlanTrackResponse ToMessage(const PlannedRun& run, double detect_mpx_per_s) {
  const WorkEstimate work = EstimateWork(run);
  const Track& track = run.track;
  v1::PlanTrackResponse plan;
  plan.set_track(wire::MessageText(track.name));
  plan.set_format(track.format);
  plan.set_pairs(run.record.pairs);
  plan.set_rows(run.record.rows);
  plan.set_cols(run.record.cols);
  plan.set_pixel_size_m(track.grid.PixelSize_m());
  plan.set_wavelength_m(track.wavelength_m);
  plan.set_tiles(work.tiles);
  plan.set_pixels_to_scan(work.pixels_to_scan);
  plan.set_bytes_to_read(work.bytes_to_read);
  SetDuration(static_cast<double>(work.pixels_to_scan) / (detect_mpx_per_s * 1e6), *plan.mutable_detection_time());
  plan.set_run_id(run.record.run_id);
  for (size_t i = 0; i < std::min<size_t>(track.notes.size(), 100); ++i)
    plan.add_notes(wire::MessageText(track.notes[i]));
  AddInputs(track, plan);
  return plan;
}

void SetDuration(double seconds, google::protobuf::Duration& duration) {
  const double whole_s = std::floor(std::clamp(seconds, 0.0, 1e9));
  duration.set_seconds(static_cast<int64_t>(whole_s));
  duration.set_nanos(static_cast<int32_t>(std::clamp(std::round((seconds - whole_s) * 1e9), 0.0, 999'999'999.0)));
}

}  // namespace fringewatch::scheduler
