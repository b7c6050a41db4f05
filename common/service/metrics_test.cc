#include "common/service/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Everything that a process can count, once.
void TouchAll(Metrics& metrics) {
  metrics.CountRpc("JobService", "GetRun", Error(Fault::kUnknownName, "x"), 0.01);
  metrics.AddRpcInFlight("JobService", 1);
  metrics.TaskStarted("detect");
  metrics.TaskStarted("detect");
  metrics.TaskStarted("detect");
  metrics.TaskEnded("detect", Status(), 1);
  metrics.TaskEnded("detect", Error(Fault::kServiceAway, "x"), 1);
  metrics.SetQueue({{.kind = "detect", .priority = Priority::kEmergency, .queued = 3, .leased = 2, .oldest_age_s = 7}});
  metrics.SetDeadTasks({{"detect", 1}});
  metrics.SetRuns({{"QUEUED", 2}});
  metrics.CountPixels("read", 4);
  metrics.CountPixels("scanned", 3);
  metrics.CountPixels("unwrapped", 1);
  metrics.CountDetections("subsidence", 2);
  metrics.CountPublishedSites(2);
  metrics.ObserveBatch("ddnet", 8, 0.2);
  metrics.SetModel("ddnet", "abcd");
}

std::string TextOf(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
}

/// The answer to GET `path` on a port of this machine.
std::string Get(int port, const std::string& path) {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(::send(connection, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char block[4096];
  for (ssize_t n = 0; (n = ::recv(connection, block, sizeof(block), 0)) > 0;)
    answer.append(block, static_cast<size_t>(n));
  ::close(connection);
  return answer;
}

// Dashboards, alerts and docs/operations/metrics.md rely on these names: a change here is a change for users.
TEST(MetricsTest, NamesAndLabelsAreThoseOfTheGoldenList) {
  Metrics metrics("detector");
  TouchAll(metrics);
  std::set<std::string> seen;
  for (const prometheus::MetricFamily& family : metrics.registry()->Collect()) {
    EXPECT_FALSE(family.help.empty()) << family.name;
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::set<std::string> labels;  // the registry does not keep their order
      for (const auto& label : metric.label) labels.insert(label.name);
      seen.insert(fmt::format("{}{{{}}}", family.name, fmt::join(labels, ",")));
    }
  }
  EXPECT_THAT(
      seen,
      ElementsAre("fringewatch_build_info{component,version}", "fringewatch_dead_tasks{stage}",
                  "fringewatch_detections_total{kind}", "fringewatch_inference_batch_size{model}",
                  "fringewatch_inference_compute_duration_seconds{model}", "fringewatch_model_info{model,sha256}",
                  "fringewatch_pixels_read_total{}", "fringewatch_pixels_scanned_total{}",
                  "fringewatch_pixels_unwrapped_total{}", "fringewatch_queue_length{priority,queue}",
                  "fringewatch_queue_oldest_age_seconds{priority,queue}", "fringewatch_queue_pending{priority,queue}",
                  "fringewatch_rpc_in_flight{service}", "fringewatch_rpc_request_duration_seconds{method,service}",
                  "fringewatch_rpc_requests_total{code,method,service}", "fringewatch_runs{state}",
                  "fringewatch_sites_published_total{}", "fringewatch_stage_duration_seconds{stage}",
                  "fringewatch_stage_last_success_timestamp_seconds{stage}",
                  "fringewatch_stage_retries_total{reason,stage}", "fringewatch_stage_tasks_done_total{result,stage}",
                  "fringewatch_stage_tasks_in_progress{stage}", "fringewatch_stage_tasks_in_total{stage}"));
}

TEST(MetricsTest, ValuesAreThoseCounted) {
  Metrics metrics("detector");
  TouchAll(metrics);
  const std::string text = TextOf(metrics);
  for (const char* line :
       {"fringewatch_rpc_requests_total{code=\"NOT_FOUND\",method=\"GetRun\",service=\"JobService\"} 1\n",
        "fringewatch_stage_tasks_in_total{stage=\"detect\"} 3\n",
        "fringewatch_stage_tasks_in_progress{stage=\"detect\"} 1\n",
        "fringewatch_stage_tasks_done_total{result=\"ok\",stage=\"detect\"} 1\n",
        "fringewatch_stage_tasks_done_total{result=\"retryable\",stage=\"detect\"} 1\n",
        "fringewatch_stage_retries_total{reason=\"UNAVAILABLE\",stage=\"detect\"} 1\n",
        "fringewatch_queue_length{priority=\"emergency\",queue=\"detect\"} 3\n",
        "fringewatch_queue_pending{priority=\"emergency\",queue=\"detect\"} 2\n",
        "fringewatch_queue_oldest_age_seconds{priority=\"emergency\",queue=\"detect\"} 7\n",
        "fringewatch_pixels_read_total 4\n", "fringewatch_pixels_scanned_total 3\n",
        "fringewatch_pixels_unwrapped_total 1\n",
        "fringewatch_inference_batch_size_bucket{model=\"ddnet\",le=\"8\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, WhatIsNotNamedAnyMoreFallsToZero) {
  Metrics metrics("scheduler");
  metrics.SetRuns({{"QUEUED", 2}, {"DETECTING", 1}});
  metrics.SetRuns({{"DETECTING", 3}});
  const std::string text = TextOf(metrics);
  EXPECT_THAT(text, HasSubstr("fringewatch_runs{state=\"QUEUED\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("fringewatch_runs{state=\"DETECTING\"} 3\n"));
}

TEST(MetricsTest, PromtoolHasNothingToSay) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is missing (package prometheus): the metrics are NOT linted";
  }
  Metrics metrics("detector");
  TouchAll(metrics);
  const TemporaryFolder folder;
  std::ofstream(folder / "metrics.txt") << TextOf(metrics);
  const std::string command = "promtool check metrics <" + folder / "metrics.txt" + " >" + (folder / "said") + " 2>&1";
  const int code = std::system(command.c_str());
  std::stringstream said;
  said << std::ifstream(folder / "said").rdbuf();
  EXPECT_EQ(code, 0) << said.str();
  EXPECT_EQ(said.str(), "");
}

TEST(MetricsServerTest, ServesTheTextOnAPortOfItsChoice) {
  Metrics metrics("detector");
  TouchAll(metrics);
  const auto server = MetricsServer::Start("127.0.0.1:0", metrics);
  ASSERT_THAT(server, IsOk());
  ASSERT_GT((*server)->port(), 0);
  EXPECT_THAT(Get((*server)->port(), "/metrics"),
              testing::AllOf(HasSubstr("200 OK"), HasSubstr("fringewatch_build_info{component=\"detector\"")));
  EXPECT_THAT(Get((*server)->port(), "/"), Not(HasSubstr("200 OK")));
  EXPECT_THAT(MetricsServer::Start(fmt::format("127.0.0.1:{}", (*server)->port()), metrics),
              IsFault(Fault::kServiceAway));
}

}  // namespace
}  // namespace fringewatch::service
