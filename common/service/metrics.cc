#include "common/service/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <chrono>
#include <mutex>

#include "common/base/retry.h"
#include "common/base/version.h"
#include "common/service/log.h"

namespace fringewatch::service {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using Buckets = Histogram::BucketBoundaries;

// Part of the interface: dashboards and rules rely on them.
Buckets RpcSeconds() { return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; }
Buckets StageSeconds() { return {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800}; }
Buckets BatchPairs() { return {1, 2, 4, 8, 16, 32, 64, 128, 256}; }
Buckets ComputeSeconds() { return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}; }

double Now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

Family<Counter>& Count(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& Level(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& Spread(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(registry);
}

/// Gauges that are set all together: those not named this time fall to zero, so that nothing old stays on the screen.
class Snapshot {
 public:
  explicit Snapshot(Family<Gauge>& family) : family_(family) {}
  void Set(const std::map<Labels, double>& values) {
    const std::lock_guard lock(mutex_);
    for (auto& [labels, gauge] : known_) {
      if (!values.contains(labels)) gauge->Set(0);
    }
    for (const auto& [labels, value] : values) {
      Gauge*& gauge = known_[labels];
      if (gauge == nullptr) gauge = &family_.Add(labels);
      gauge->Set(value);
    }
  }

 private:
  Family<Gauge>& family_;
  std::mutex mutex_;
  std::map<Labels, Gauge*> known_;
};

std::map<Labels, double> ByLabel(const std::string& label, const std::map<std::string, long>& values) {
  std::map<Labels, double> labelled;
  for (const auto& [name, value] : values) labelled[{{label, name}}] = static_cast<double>(value);
  return labelled;
}

}  // namespace

struct Metrics::Families {
  explicit Families(prometheus::Registry& r)
      : rpc_requests(Count(r, "fringewatch_rpc_requests_total", "Calls answered")),
        rpc_duration(Spread(r, "fringewatch_rpc_request_duration_seconds", "Time from call to answer")),
        rpc_in_flight(Level(r, "fringewatch_rpc_in_flight", "Calls being answered")),
        tasks_in(Count(r, "fringewatch_stage_tasks_in_total", "Tasks claimed")),
        tasks_in_progress(Level(r, "fringewatch_stage_tasks_in_progress", "Tasks being worked on")),
        tasks_done(Count(r, "fringewatch_stage_tasks_done_total", "Tasks ended: ok, retryable or failed")),
        stage_duration(Spread(r, "fringewatch_stage_duration_seconds", "Time from claim to end of a task")),
        last_success(Level(r, "fringewatch_stage_last_success_timestamp_seconds", "When a task last ended well")),
        retries(Count(r, "fringewatch_stage_retries_total", "Tasks that failed in a way that may pass")),
        queue_length(Level(r, "fringewatch_queue_length", "Tasks waiting")),
        queue_pending(Level(r, "fringewatch_queue_pending", "Tasks claimed and not yet ended")),
        queue_oldest(Level(r, "fringewatch_queue_oldest_age_seconds", "Age of the longest waiting task")),
        dead_tasks(Level(r, "fringewatch_dead_tasks", "Tasks that will not be tried again")),
        runs(Level(r, "fringewatch_runs", "Runs by state")),
        pixels_read(Count(r, "fringewatch_pixels_read_total", "Pixels read, over all pairs")),
        pixels_scanned(
            Count(r, "fringewatch_pixels_scanned_total", "Pixels looked at by the detectors, over all pairs")),
        pixels_unwrapped(Count(r, "fringewatch_pixels_unwrapped_total", "Pixels unwrapped, over all pairs")),
        detections(Count(r, "fringewatch_detections_total", "Sites that the detectors found")),
        published(Count(r, "fringewatch_sites_published_total", "Sites in the products of ended runs")),
        batch_size(Spread(r, "fringewatch_inference_batch_size", "Pairs in one pass of a network")),
        compute_duration(Spread(r, "fringewatch_inference_compute_duration_seconds", "Time of one pass of a network")),
        model_info(Level(r, "fringewatch_model_info", "The networks that this process runs")),
        build_info(Level(r, "fringewatch_build_info", "What this process is")) {}

  Family<Counter>& rpc_requests;
  Family<Histogram>& rpc_duration;
  Family<Gauge>& rpc_in_flight;
  Family<Counter>& tasks_in;
  Family<Gauge>& tasks_in_progress;
  Family<Counter>& tasks_done;
  Family<Histogram>& stage_duration;
  Family<Gauge>& last_success;
  Family<Counter>& retries;
  Snapshot queue_length, queue_pending, queue_oldest, dead_tasks, runs;
  Family<Counter>&pixels_read, &pixels_scanned, &pixels_unwrapped, &detections, &published;
  Family<Histogram>&batch_size, &compute_duration;
  Family<Gauge>&model_info, &build_info;
};

Metrics::Metrics(const std::string& component)
    : registry_(std::make_shared<prometheus::Registry>()), families_(std::make_shared<Families>(*registry_)) {
  families_->build_info.Add({{"version", kVersion}, {"component", component}}).Set(1);
}

void Metrics::CountRpc(const std::string& service, const std::string& method, const Status& status, double seconds) {
  families_->rpc_requests.Add({{"service", service}, {"method", method}, {"code", CodeName(status)}}).Increment();
  families_->rpc_duration.Add({{"service", service}, {"method", method}}, RpcSeconds()).Observe(seconds);
}

void Metrics::AddRpcInFlight(const std::string& service, int change) {
  families_->rpc_in_flight.Add({{"service", service}}).Increment(change);
}

void Metrics::TaskStarted(const std::string& stage) {
  families_->tasks_in.Add({{"stage", stage}}).Increment();
  families_->tasks_in_progress.Add({{"stage", stage}}).Increment();
}

void Metrics::TaskEnded(const std::string& stage, const Status& status, double seconds) {
  const bool again = IsRetryable(status);
  const char* result = status.ok() ? "ok" : again ? "retryable" : "failed";
  families_->tasks_in_progress.Add({{"stage", stage}}).Decrement();
  families_->tasks_done.Add({{"stage", stage}, {"result", result}}).Increment();
  families_->stage_duration.Add({{"stage", stage}}, StageSeconds()).Observe(seconds);
  if (status.ok()) families_->last_success.Add({{"stage", stage}}).Set(Now());
  if (again) families_->retries.Add({{"stage", stage}, {"reason", CodeName(status)}}).Increment();
}

void Metrics::SetQueue(const std::vector<LineState>& lines) {
  std::map<Labels, double> queued;
  std::map<Labels, double> leased;
  std::map<Labels, double> oldest;
  for (const LineState& line : lines) {
    const Labels labels = {{"queue", line.kind}, {"priority", NameOf(line.priority)}};
    queued[labels] = static_cast<double>(line.queued);
    leased[labels] = static_cast<double>(line.leased);
    oldest[labels] = line.oldest_age_s;
  }
  families_->queue_length.Set(queued);
  families_->queue_pending.Set(leased);
  families_->queue_oldest.Set(oldest);
}

void Metrics::SetDeadTasks(const std::map<std::string, long>& by_stage) {
  families_->dead_tasks.Set(ByLabel("stage", by_stage));
}

void Metrics::SetRuns(const std::map<std::string, long>& by_state) { families_->runs.Set(ByLabel("state", by_state)); }

void Metrics::CountPixels(const std::string& what, double pixels) {
  if (what == "read") {
    families_->pixels_read.Add({}).Increment(pixels);
  } else if (what == "scanned") {
    families_->pixels_scanned.Add({}).Increment(pixels);
  } else if (what == "unwrapped") {
    families_->pixels_unwrapped.Add({}).Increment(pixels);
  } else {
    Log(LogLevel::kError, "pixels of an unknown use are not counted", {{"use", what}});
  }
}

void Metrics::CountDetections(const std::string& kind, double sites) {
  families_->detections.Add({{"kind", kind}}).Increment(sites);
}

void Metrics::CountPublishedSites(double sites) { families_->published.Add({}).Increment(sites); }

void Metrics::ObserveBatch(const std::string& model, double pairs, double seconds) {
  families_->batch_size.Add({{"model", model}}, BatchPairs()).Observe(pairs);
  families_->compute_duration.Add({{"model", model}}, ComputeSeconds()).Observe(seconds);
}

void Metrics::SetModel(const std::string& model, const std::string& sha256) {
  families_->model_info.Add({{"model", model}, {"sha256", sha256}}).Set(1);
}

struct MetricsServer::Impl {
  explicit Impl(const std::string& address) : exposer(address) {}
  prometheus::Exposer exposer;
};

StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address, const Metrics& metrics) {
  try {
    auto impl = std::make_unique<Impl>(address);
    impl->exposer.RegisterCollectable(metrics.registry());
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
  } catch (const std::exception& error) {
    return Error(Fault::kServiceAway, "cannot serve /metrics on {} ({}): free the port or set metrics.listen", address,
                 error.what());
  }
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

int MetricsServer::port() const {
  const std::vector<int> ports = impl_->exposer.GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace fringewatch::service
