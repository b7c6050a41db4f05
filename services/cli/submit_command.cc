/// `fringewatch submit` and `fringewatch plan`: a track for the cluster.
#include <array>
#include <cstdint>
#include <filesystem>
#include <random>

#include "fringewatch/v1/jobs.grpc.pb.h"
#include "services/cli/client_commands.h"
#include "services/cli/client_json.h"
#include "services/cli/progress.h"
#include "services/cli/run_text.h"
#include "services/cli/table.h"
#include "services/cli/watch_run.h"

namespace fringewatch::cli {
namespace {

using JobStub = v1::JobService::Stub;

/// A random UUID (version 4).
std::string RandomUuid() {
  std::random_device random;
  std::array<uint32_t, 4> r{random(), random(), random(), random()};
  r[1] = (r[1] & 0xFFFF0FFFU) | 0x00004000U;
  r[2] = (r[2] & 0x3FFFFFFFU) | 0x80000000U;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", r[0], r[1] >> 16, r[1] & 0xFFFF, r[2] >> 16,
                     r[2] & 0xFFFF, r[3]);
}

/// A relative path means this folder, as everywhere on a command line; the services see it below the same root.
/// URIs and GDAL's virtual paths are absolute.
std::string AbsolutePath(const std::string& path) {
  if (path.empty() || path.find("://") != std::string::npos) return path;
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed).lexically_normal();
  if (failed) return path;
  const std::string text = absolute.string();
  return text.size() > 1 && text.back() == '/' ? text.substr(0, text.size() - 1) : text;
}

void Fill(const StackSource& from, v1::Source& to) {
  to.set_uri(AbsolutePath(from.path));
  if (from.format != "auto") to.set_format(from.format);
  to.set_pattern(from.pattern);
  to.set_coherence_pattern(from.coherence_pattern);
  to.set_height_uri(AbsolutePath(from.height_path));
  to.set_unwrapped(from.unwrapped);
  to.set_flip_sign(from.flip_sign);
  if (from.wavelength_m) to.set_wavelength_m(*from.wavelength_m);
  if (from.pixel_size_m) to.set_pixel_size_m(*from.pixel_size_m);
}

/// SubmitTrackRequest and PlanTrackRequest alike.
template <typename Request>
void Fill(const TrackOptions& from, Request& to) {
  to.set_track(from.source.track_name);
  Fill(from.source, *to.mutable_source());
  v1::Policy& policy = *to.mutable_policy();
  if (from.threshold) policy.set_threshold(*from.threshold);
  if (from.false_sites) policy.set_false_sites_per_1000_km2(*from.false_sites);
  if (from.tile_px) policy.set_tile_px(*from.tile_px);
  if (from.halo_px) policy.set_halo_px(*from.halo_px);
  policy.set_skip_rejected(from.skip_rejected);
}

void PrintPlan(std::ostream& out, const v1::PlanTrackResponse& plan) {
  out << fmt::format("track {} ({}): {} pairs, {} x {} pixels of {:.1f} m, wavelength {:.6f} m\n", Plain(plan.track()),
                     Plain(plan.format()), plan.pairs(), plan.rows(), plan.cols(), plan.pixel_size_m(),
                     plan.wavelength_m())
      << fmt::format("inputs: {} accepted, {} superseded, {} rejected\n", plan.accepted(), plan.superseded(),
                     plan.rejected());
  for (const std::string& note : plan.notes()) out << "note: " << Plain(note) << '\n';
  for (const v1::Input& input : plan.inputs()) {
    if (input.verdict() != v1::Input::REJECTED && input.verdict() != v1::Input::SUPERSEDED) continue;
    out << (input.verdict() == v1::Input::REJECTED ? "rejected: " : "superseded: ") << Plain(input.path()) << ": "
        << Plain(input.reason()) << '\n';
  }
  const int64_t listed = plan.inputs_size(), known = int64_t{plan.accepted()} + plan.superseded() + plan.rejected();
  if (listed < known) out << fmt::format("({} of {} inputs came with the answer)\n", listed, known);
  out << fmt::format("work: {} tiles, {:.1f} Mpx in all pairs, {} to read", plan.tiles(),
                     static_cast<double>(plan.pixels_to_scan()) / 1e6,
                     BytesText(static_cast<double>(plan.bytes_to_read())));
  if (plan.has_detection_time()) {
    out << ", about " << DurationText(static_cast<double>(plan.detection_time().seconds())) << " of one detector";
  }
  out << "\nrun: " << Plain(plan.run_id()) << " (nothing was started)\n";
}

void PrintSubmitted(std::ostream& out, const v1::SubmitTrackResponse& answer) {
  const v1::Run& run = answer.run();
  if (!answer.created()) out << "this run existed before: same track, same options\n";
  PrintState(out, run);
  out << fmt::format("track {}: {} pairs, {} x {} pixels\n", Plain(run.track()), run.pairs(), run.rows(), run.cols());
}

void PrintNextStep(std::ostream& out, const v1::Run& run) {
  const char* next = "watch";
  if (run.state() == v1::SUCCEEDED) next = "products";
  if (run.state() == v1::PARTIAL || run.state() == v1::FAILED || run.state() == v1::CANCELLED) next = "resume";
  out << "next: fringewatch " << next << ' ' << Plain(run.run_id()) << '\n';
}

StatusOr<ExitCode> Submit(const SubmitOptions& options, const Connection& connection, const Console& console) {
  v1::SubmitTrackRequest request;
  request.set_request_id(options.request_id.empty() ? RandomUuid() : options.request_id);
  request.set_priority(options.emergency ? v1::PRIORITY_EMERGENCY : v1::PRIORITY_ROUTINE);
  Fill(options.track, request);
  // Before the call: whoever loses the answer can ask again without starting anything twice.
  console.err << "request " << request.request_id() << std::endl;
  const auto answer = connection.Call(&JobStub::AsyncSubmitTrack, request);
  if (!answer.ok()) return answer.status();
  const v1::Run& run = answer->run();
  const bool follow = options.watch && !HasEnded(run.state());
  if (options.output == Output::kJson) {
    if (!follow) FW_RETURN_IF_ERROR(PrintJson(console.out, *answer));
  } else {
    PrintSubmitted(console.out, *answer);
    if (!follow) PrintNextStep(console.out, run);
    console.out.flush();
  }
  if (!follow) return ExitCodeOf(run.state());
  return FollowRun(connection, run.run_id(), options.output, console, true);
}

StatusOr<ExitCode> Plan(const PlanOptions& options, const Connection& connection, const Console& console) {
  v1::PlanTrackRequest request;
  Fill(options.track, request);
  FW_ASSIGN_OR_RETURN(const auto plan, connection.Call(&JobStub::AsyncPlanTrack, request));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, plan));
  } else {
    PrintPlan(console.out, plan);
  }
  if (plan.rejected() == 0 || options.track.skip_rejected) return ExitCode::kDone;
  return Error(Fault::kInputRejected,
               "{} input files are rejected: submit would refuse the track; mend or remove them, or give "
               "--skip-rejected to go on without them",
               plan.rejected());
}

}  // namespace

ExitCode SubmitCommand(const SubmitOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console,
                        [&](const Connection& connection) { return Submit(options, connection, console); });
}

ExitCode PlanCommand(const PlanOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console,
                        [&](const Connection& connection) { return Plan(options, connection, console); });
}

}  // namespace fringewatch::cli
