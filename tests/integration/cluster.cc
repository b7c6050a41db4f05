#include "tests/integration/cluster.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>

namespace fringewatch::integration {
namespace {

/// Redis' time for a task; all else waits for events.
constexpr double kStart_s = 60, kStop_s = 60;

std::string Number(double value) { return fmt::format("{}", value); }

/// "section.key" -> value, as a TOML file.
void WriteToml(const std::string& path, const Values& values) {
  std::ofstream file(path);
  std::string section;
  for (const auto& [key, value] : values) {
    const size_t dot = key.find('.');
    if (key.substr(0, dot) != section) file << "[" << (section = key.substr(0, dot)) << "]\n";
    file << key.substr(dot + 1) << " = " << value << "\n";
  }
}

/// What a sanitizer wrote into a log; empty = nothing.
std::string SanitizerFindings(const std::string& log) {
  for (const char* sign :
       {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error: "}) {
    const size_t at = log.find(sign);
    if (at != std::string::npos) return log.substr(at, 4000);
  }
  return {};
}

}  // namespace

std::string NameOf(Kind kind) {
  switch (kind) {
    case Kind::kScheduler: return "scheduler";
    case Kind::kDetector: return "detector";
    case Kind::kUnwrapper: return "unwrapper";
    case Kind::kResults: return "results";
  }
  return {};
}

std::string ProgramFolder() {
  const char* given = std::getenv("FRINGEWATCH_BIN");
  return given != nullptr ? given : FRINGEWATCH_PROGRAM_DIR;
}
std::string ModelFolder() { return FRINGEWATCH_MODEL_DIR; }
std::string Quoted(const std::string& text) { return '"' + text + '"'; }

std::shared_ptr<grpc::Channel> Connect(int port, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  // Channels of one target share connections otherwise: a test means one of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("localhost:" + std::to_string(port), credentials, arguments);
}

void Service::Start() {
  std::vector<std::string> arguments{program_, "--config", config_file_};
  if (ports_.grpc != 0) {
    arguments.insert(arguments.end(), {"--server-listen", "127.0.0.1:" + std::to_string(ports_.grpc)});
  }
  auto started = ChildProcess::Start(arguments, error_file_);
  ASSERT_TRUE(started.ok()) << MessageOf(started.status());
  process_.emplace(*std::move(started));
  stopping_ = false;
}

void Service::AwaitReady() {
  const auto ready = process_->AwaitReady(Within(kStart_s));
  ASSERT_TRUE(ready.ok()) << name_ << ": " << MessageOf(ready.status());
  ports_ = *ready;
}

void Service::Kill() {
  process_->Signal(SIGKILL);
  const auto exit = process_->AwaitExit(Within(kStop_s));
  EXPECT_TRUE(exit.ok()) << name_ << ": " << MessageOf(exit.status());
  process_.reset();
}

void Service::AskToStop() {
  if (stopping_) return;  // a second signal would end it at once
  stopping_ = true;
  process_->Signal(SIGCONT);
  process_->Signal(SIGTERM);
}

void Service::Stop() {
  AskToStop();
  const auto exit = process_->AwaitExit(Within(kStop_s));
  EXPECT_TRUE(exit.ok()) << name_ << ": " << MessageOf(exit.status());
  if (exit.ok()) {
    EXPECT_EQ(*exit, 0) << name_ << ":\n" << log();
  }
  process_.reset();
}

std::string Service::log() const {
  std::ifstream file(error_file_);
  return {std::istreambuf_iterator<char>(file), {}};
}

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)) {
  redis_ = std::make_unique<RedisServer>(RedisServerOptions{.append_only = true});
  for (const Kind kind : kKinds) {
    for (int i = 0; i < options_.processes[kind]; ++i) Declare(kind).Start();
  }
  for (const auto& [kind, services] : services_) {
    for (const auto& service : services) service->AwaitReady();
  }
  // Made now, because several threads use them later.
  for (int i = 0; i < CountOf(Kind::kScheduler); ++i) (void)jobs(i);
  for (int i = 0; i < CountOf(Kind::kResults); ++i) (void)answers(i);
}

Cluster::~Cluster() {
  // All are asked before any is waited for.
  for (const auto& [kind, services] : services_) {
    for (const auto& service : services) {
      if (service->running()) service->AskToStop();
    }
  }
  for (const auto& [kind, services] : services_) {
    for (const auto& service : services) {
      if (service->running()) service->Stop();
      EXPECT_EQ(SanitizerFindings(service->log()), "") << service->name_;
    }
  }
}

Service& Cluster::Declare(Kind kind) {
  auto& services = services_[kind];
  auto service = std::make_unique<Service>();
  service->name_ = NameOf(kind) + std::to_string(services.size());
  service->program_ = ProgramFolder() + "/fringewatch-" + NameOf(kind);
  service->config_file_ = folder_ / (service->name_ + ".toml");
  service->error_file_ = folder_ / (service->name_ + ".log");
  WriteToml(service->config_file_, ValuesOf(kind));
  services.push_back(std::move(service));
  return *services.back();
}

Values Cluster::ValuesOf(Kind kind) const {
  Values values{{"redis.address", Quoted(redis_->address())},
                {"redis.lease_s", Number(options_.lease_s * Patience())},
                {"store.uri", Quoted(StoreFolder())},
                {"server.drain_delay_s", "0"},
                {"server.reflection", "true"}};
  if (!options_.source_root.empty()) values["sources.roots"] = "[" + Quoted(options_.source_root) + "]";
  if (kind != Kind::kResults) values["models.folder"] = Quoted(ModelFolder());
  if (kind == Kind::kScheduler) {
    values["compute.kind"] = Quoted("cpu");
    values["scheduler.tick_s"] = "0.2";
    values["scheduler.survey_s"] = "1";
  }
  if (kind == Kind::kDetector || kind == Kind::kUnwrapper) {
    values["compute.device"] = Quoted("cpu");
    values["compute.threads"] = "1";
  }
  if (kind == Kind::kResults) {
    values["products.uri"] = Quoted(ProductFolder());
    values["inventory.uri"] = Quoted(folder_ / "inventory.gpkg");
  }
  const auto own = options_.values.find(kind);
  if (own != options_.values.end()) {
    for (const auto& [key, value] : own->second) values[key] = value;
  }
  return values;
}

Service& Cluster::Add(Kind kind) {
  Service& service = Declare(kind);
  service.Start();
  service.AwaitReady();
  return service;
}

v1::JobService::StubInterface& Cluster::jobs(int index) {
  auto& stub = jobs_[index];
  if (!stub) stub = v1::JobService::NewStub(Connect(service(Kind::kScheduler, index).port(), options_.credentials));
  return *stub;
}

v1::ResultService::StubInterface& Cluster::answers(int index) {
  auto& stub = answers_[index];
  if (!stub) stub = v1::ResultService::NewStub(Connect(service(Kind::kResults, index).port(), options_.credentials));
  return *stub;
}

std::unique_ptr<grpc::ClientContext> Cluster::Call(Moment deadline) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + (deadline - std::chrono::steady_clock::now()));
  context->set_wait_for_ready(true);
  if (!options_.token.empty()) context->AddMetadata("authorization", "Bearer " + options_.token);
  return context;
}

std::string Cluster::Logs() const {
  std::string all;
  for (const auto& [kind, services] : services_) {
    for (const auto& service : services) {
      const std::string log = service->log();
      all += "== " + service->name_ + "\n" + (log.size() > 3000 ? log.substr(log.size() - 3000) : log);
    }
  }
  return all;
}

}  // namespace fringewatch::integration
