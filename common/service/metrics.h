/// Metrics of a process, for Prometheus. Names and label sets are closed: metrics_test.cc holds the golden list, and
/// docs/operations/metrics.md says what each means.
#pragma once

#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/queue/queue.h"

namespace fringewatch::service {

/// Everything a process counts. Thread-safe.
class Metrics {
 public:
  /// Also sets fringewatch_build_info{version, component} = 1.
  explicit Metrics(const std::string& component);

  /// fringewatch_rpc_requests_total{service,method,code}, fringewatch_rpc_request_duration_seconds{service,method}
  void CountRpc(const std::string& service, const std::string& method, const Status& status, double seconds);
  /// fringewatch_rpc_in_flight{service}
  void AddRpcInFlight(const std::string& service, int change);

  /// fringewatch_stage_tasks_in_total{stage}, fringewatch_stage_tasks_in_progress{stage}
  void TaskStarted(const std::string& stage);
  /// fringewatch_stage_tasks_done_total{stage,result}, fringewatch_stage_duration_seconds{stage},
  /// fringewatch_stage_last_success_timestamp_seconds{stage}, fringewatch_stage_retries_total{stage,reason}
  void TaskEnded(const std::string& stage, const Status& status, double seconds);

  /// The lines, tasks and runs of now: those not named any more fall to zero.
  /// fringewatch_queue_length, _pending, _oldest_age_seconds {queue="detect",priority}; fringewatch_dead_tasks{stage}
  void SetQueue(const std::vector<LineState>& lines);
  void SetDeadTasks(const std::map<std::string, long>& by_stage);
  /// fringewatch_runs{state}
  void SetRuns(const std::map<std::string, long>& by_state);

  /// fringewatch_pixels_scanned_total, fringewatch_pixels_unwrapped_total, fringewatch_pixels_read_total,
  /// fringewatch_detections_total{kind}, fringewatch_sites_published_total
  void CountPixels(const std::string& what, double pixels);  ///< what: read, scanned, unwrapped
  void CountDetections(const std::string& kind, double sites);
  void CountPublishedSites(double sites);
  /// fringewatch_inference_batch_size, fringewatch_inference_compute_duration_seconds, by {model}
  void ObserveBatch(const std::string& model, double pairs, double seconds);
  /// fringewatch_model_info{model,sha256} = 1
  void SetModel(const std::string& model, const std::string& sha256);

  [[nodiscard]] std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

 private:
  struct Families;
  std::shared_ptr<prometheus::Registry> registry_;
  std::shared_ptr<Families> families_;
};

/// GET /metrics on `address` ("host:port", port 0 = any) while it lives. \error kServiceAway when the port is taken.
class MetricsServer {
 public:
  [[nodiscard]] static StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                                      const Metrics& metrics);
  ~MetricsServer();
  [[nodiscard]] int port() const;

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fringewatch::service
