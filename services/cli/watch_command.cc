/// `fringewatch watch`: a run's progress to its end.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/base/retry.h"
#include "fringewatch/v1/jobs.grpc.pb.h"
#include "services/cli/client_commands.h"
#include "services/cli/client_json.h"
#include "services/cli/progress.h"
#include "services/cli/run_text.h"
#include "services/cli/table.h"
#include "services/cli/watch_run.h"

namespace fringewatch::cli {
namespace {

using std::chrono::milliseconds;

constexpr int kBarWidth = 20;

/// One WatchRun call.
class ProgressStream {
 public:
  ProgressStream(const Connection& connection, const std::string& run_id)
      : connection_(connection), stub_(connection.channel()) {
    connection_.Prepare(context_, std::chrono::hours(12));
    v1::WatchRunRequest request;
    request.set_run_id(run_id);
    reader_ = stub_.AsyncWatchRun(&context_, request, &queue_, this);
    (void)Wait();
  }
  ~ProgressStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    for (bool ok = false; queue_.Next(&tag, &ok);) {
    }
  }
  ProgressStream(const ProgressStream&) = delete;
  ProgressStream& operator=(const ProgressStream&) = delete;

  /// False when the stream has ended: Finish tells why.
  [[nodiscard]] bool Read(v1::RunProgress& progress) {
    reader_->Read(&progress, this);
    return Wait();
  }
  [[nodiscard]] grpc::Status Finish() {
    grpc::Status status;
    reader_->Finish(&status, this);
    (void)Wait();
    return status;
  }

 private:
  /// The server speaks every 15 s at least. One that is silent for a minute is gone, even if nothing closed the line.
  [[nodiscard]] bool Wait() {
    return connection_.Await(context_, queue_, std::chrono::steady_clock::now() + std::chrono::minutes(1));
  }

  const Connection& connection_;
  v1::JobService::Stub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::RunProgress>> reader_;
};

std::string StageText(const char* name, const v1::StageProgress& stage) {
  return fmt::format("{} {}/{}", name, stage.done(), stage.total());
}

std::string ProgressText(const v1::RunProgress& progress) {
  std::string text = fmt::format("{}, {}, {} sites", StageText("tiles", progress.tiles()),
                                 StageText("patches", progress.patches()), progress.sites());
  const int64_t failed = progress.tiles().failed() + progress.patches().failed();
  if (failed > 0) text += fmt::format(", {} failed", failed);
  if (progress.has_eta() && !HasEnded(progress.run().state())) {
    text += ", ETA " + DurationText(static_cast<double>(progress.eta().seconds()));
  }
  return text;
}

double ShareOf(const v1::StageProgress& stage) {
  return stage.total() > 0 ? static_cast<double>(stage.done()) / static_cast<double>(stage.total()) : 0.0;
}

/// Of the stage that the run is in.
double ShareOf(const v1::RunProgress& progress) {
  switch (progress.run().state()) {
    case v1::QUEUED:
    case v1::DETECTING: return ShareOf(progress.tiles());
    case v1::UNWRAPPING: return ShareOf(progress.patches());
    default: return 1.0;
  }
}

class ProgressView {
 public:
  ProgressView(const Console& console, Output output) : console_(console), output_(output) {}
  ~ProgressView() { EndBar(); }
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  [[nodiscard]] Status Show(const v1::RunProgress& progress) {
    if (output_ == Output::kJson) return PrintJson(console_.out, progress, JsonLayout::kLine);
    const std::string state = v1::RunState_Name(progress.run().state());
    if (console_.terminal) {
      const std::string line =
          fmt::format("{:<11} [{}] {}", state, Bar(ShareOf(progress), kBarWidth), ProgressText(progress));
      // A line that wraps could not be drawn over.
      console_.err << "\r\033[K" << line.substr(0, static_cast<size_t>(console_.columns) - 1) << std::flush;
      drawn_ = true;
      return {};
    }
    // A line for every tenth of a stage; an idle run that repeats itself says nothing new.
    const std::string step = fmt::format("{} {} {}", state, static_cast<int>(ShareOf(progress) * 10),
                                         progress.tiles().failed() + progress.patches().failed());
    if (step != shown_) console_.err << state << ": " << ProgressText(progress) << std::endl;
    shown_ = step;
    return {};
  }
  void Note(const std::string& text) {
    EndBar();
    console_.err << text << std::endl;
  }
  void EndBar() {
    if (drawn_) console_.err << std::endl;
    drawn_ = false;
  }

 private:
  const Console& console_;
  Output output_;
  bool drawn_ = false;
  std::string shown_;
};

/// Pauses that double, until five minutes have been waited in vain.
class Patience {
 public:
  [[nodiscard]] bool IsOver() const { return waited_ >= std::chrono::minutes(5); }
  [[nodiscard]] milliseconds Next() {
    const milliseconds pause = next_;
    waited_ += pause;
    next_ = std::min(2 * next_, milliseconds(10000));
    return pause;
  }
  void Renew() { *this = Patience(); }

 private:
  milliseconds waited_{0};
  milliseconds next_{500};
};

/// A stream may also end without an error, when its server drains, or as CANCELLED, when it is stopped.
bool MayReconnect(const grpc::Status& ended, const Status& why) {
  return ended.ok() || ended.error_code() == grpc::StatusCode::CANCELLED || IsRetryable(why);
}

Status LeftRunning(const std::string& run_id) {
  return Error(Fault::kInterrupted,
               "the run goes on; 'fringewatch watch {0}' follows it again, 'fringewatch cancel "
               "{0}' stops it",
               run_id);
}

StatusOr<ExitCode> EndOf(const v1::Run& run, Output output, ProgressView& view, const Console& console) {
  view.EndBar();
  if (output == Output::kTable) PrintState(console.out, run);
  return ExitCodeOf(run.state());
}

}  // namespace

StatusOr<ExitCode> FollowRun(const Connection& connection, const std::string& run_id, Output output,
                             const Console& console, bool known) {
  ProgressView view(console, output);
  Patience patience;
  for (;;) {
    ProgressStream stream(connection, run_id);
    v1::RunProgress progress;
    while (stream.Read(progress)) {
      known = true;
      patience.Renew();
      FW_RETURN_IF_ERROR(view.Show(progress));
      if (HasEnded(progress.run().state())) return EndOf(progress.run(), output, view, console);
      progress.Clear();
    }
    const grpc::Status ended = stream.Finish();
    if (console.interrupted()) {
      view.EndBar();
      return LeftRunning(run_id);
    }
    const Status why = ended.ok() ? Status() : connection.Explain(ended);
    if (!known || !MayReconnect(ended, why)) {
      return ended.ok() ? Error(Fault::kInternal, "the server ended the progress of run {} without a word", run_id)
                        : why;
    }
    if (patience.IsOver()) {
      return Error(Fault::kServiceAway,
                   "no word of run {0} for 5 minutes ({1}); the run itself may go on: "
                   "'fringewatch watch {0}' follows it again",
                   run_id, MessageOf(why));
    }
    const milliseconds pause = patience.Next();
    view.Note(fmt::format("the connection is lost; trying again in {:g} s", static_cast<double>(pause.count()) / 1000));
    console.pause(pause);
    connection.AwaitReachable(std::chrono::seconds(5));
    if (console.interrupted()) return LeftRunning(run_id);
  }
}

ExitCode WatchCommand(const RunIdOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console, [&](const Connection& connection) {
    return FollowRun(connection, options.run_id, options.output, console, false);
  });
}

}  // namespace fringewatch::cli
