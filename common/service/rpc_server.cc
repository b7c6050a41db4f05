#include "common/service/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "common/base/host_port.h"
#include "common/service/log.h"

namespace fringewatch::service {
namespace {

constexpr unsigned kCertificateRefreshSeconds = 5;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMinute_ms = 60'000;

/// Learns the full names of the registered services, and adds reflection. gRPC has no other way to ask for the names.
class ServiceNames final : public grpc::ServerBuilderPlugin {
 public:
  explicit ServiceNames(std::shared_ptr<std::vector<std::string>> names) : names_(std::move(names)) {}
  std::string name() override { return "service_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* server) override { *names_ = *server->GetServiceList(); }
  void ChangeArguments(const std::string&, void*) override {}
  // A worker has no service of its own, only health: without this nobody would poll, and the server would not start.
  bool has_sync_methods() const override { return true; }

 private:
  std::shared_ptr<std::vector<std::string>> names_;
};

class Plugins final : public grpc::ServerBuilderOption {
 public:
  Plugins(std::shared_ptr<std::vector<std::string>> names, bool reflection)
      : names_(std::move(names)), reflection_(reflection) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    // The library adds itself to every server of a process that links it.
    std::erase_if(*plugins, [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
    plugins->push_back(std::make_unique<ServiceNames>(names_));
    if (reflection_) plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
  }

 private:
  std::shared_ptr<std::vector<std::string>> names_;
  bool reflection_;
};

StatusOr<std::string> ReadPem(const std::string& path, const char* key, const char* mark) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Error(Fault::kNotReadable, "{}: the file that {} names cannot be read", path, key);
  if (text.str().find(mark) == std::string::npos) {
    return Error(Fault::kBadOption, "{}: the file that {} names holds no PEM block with '{}'", path, key, mark);
  }
  return text.str();
}

/// The watched credentials below would take a key that does not fit its certificate, and fail at every handshake. The
/// classic ones check when they bind: they are bound once, to any port of this machine, and dropped.
bool KeyFitsCertificate(const std::string& key, const std::string& certificate, const std::string& client_ca) {
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({key, certificate});
  options.pem_root_certs = client_ca;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port);
  const std::unique_ptr<grpc::Server> trial = builder.BuildAndStart();
  if (trial) trial->Shutdown();
  return trial != nullptr && port != 0;
}

StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(const ServerSettings& settings) {
  if (settings.tls_certificate.empty() && settings.tls_key.empty()) {
    if (settings.tls_client_ca.empty()) return grpc::InsecureServerCredentials();
    return Error(Fault::kBadOption, "server.tls_client_ca needs server.tls_certificate and server.tls_key");
  }
  FW_ASSIGN_OR_RETURN(const std::string key, ReadPem(settings.tls_key, "server.tls_key", "PRIVATE KEY-----"));
  FW_ASSIGN_OR_RETURN(const std::string certificate,
                      ReadPem(settings.tls_certificate, "server.tls_certificate", "BEGIN CERTIFICATE-----"));
  std::string client_ca;
  if (!settings.tls_client_ca.empty()) {
    FW_ASSIGN_OR_RETURN(client_ca, ReadPem(settings.tls_client_ca, "server.tls_client_ca", "BEGIN CERTIFICATE-----"));
  }
  if (!KeyFitsCertificate(key, certificate, client_ca)) {
    return Error(Fault::kBadOption, "{} and {}: not a PEM certificate and its private key, or {} holds no certificates",
                 settings.tls_certificate, settings.tls_key,
                 client_ca.empty() ? "server.tls_client_ca" : settings.tls_client_ca);
  }
  auto files = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      settings.tls_key, settings.tls_certificate, settings.tls_client_ca, kCertificateRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(files);
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  if (!client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

void SetLimits(grpc::ServerBuilder& builder, const ServerSettings& settings) {
  builder.SetMaxReceiveMessageSize(settings.max_message_bytes);
  builder.SetMaxSendMessageSize(settings.max_message_bytes);
  grpc::ResourceQuota quota("fringewatch");
  quota.SetMaxThreads(settings.max_threads);
  builder.SetResourceQuota(quota);
  // By default one completion queue per core, each with a thread of its own: more than the quota on a large machine.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 2);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, settings.max_threads);
  // Two servers on one port would share its connections silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30 * kMinute_ms);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 5 * kMinute_ms);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinute_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A client that vanished frees its streams.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 2 * kMinute_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
}

void Sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

std::chrono::system_clock::time_point After(double seconds) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

struct RpcServer::Impl {
  std::unique_ptr<grpc::Server> server;
  std::vector<std::string> services;  ///< full names
  int port = 0;
  double drain_delay_s = 0;
  double drain_grace_s = 0;
  std::mutex mutex;
  bool drained = false;
};

StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const ServerSettings& settings,
                                                      const std::vector<grpc::Service*>& services) {
  FW_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials, CredentialsOf(settings));
  auto names = std::make_shared<std::vector<std::string>>();
  auto impl = std::make_unique<Impl>();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.SetOption(std::make_unique<Plugins>(names, settings.reflection));
  SetLimits(builder, settings);
  builder.AddListeningPort(settings.listen, credentials, &impl->port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  impl->server = builder.BuildAndStart();
  if (!impl->server || impl->port == 0) {
    return Error(Fault::kServiceAway, "cannot listen on {}: the address is not of this machine, or the port is taken",
                 settings.listen);
  }
  impl->drain_delay_s = settings.drain_delay_s;
  impl->drain_grace_s = settings.drain_grace_s;
  for (const std::string& name : *names) {
    if (!name.starts_with("grpc.")) impl->services.push_back(name);
  }
  std::unique_ptr<RpcServer> server(new RpcServer(std::move(impl)));
  server->SetServing("", true);
  return server;
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RpcServer::~RpcServer() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->drained) impl_->server->Shutdown(std::chrono::system_clock::now());
}

int RpcServer::port() const { return impl_->port; }

std::string RpcServer::address() const { return fmt::format("localhost:{}", impl_->port); }

void RpcServer::SetServing(const std::string& service, bool serving) {
  grpc::HealthCheckServiceInterface* health = impl_->server->GetHealthCheckService();
  health->SetServingStatus(service, serving);
  if (!service.empty()) return;
  for (const std::string& name : impl_->services) health->SetServingStatus(name, serving);
}

void RpcServer::Drain() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->drained) return;
  impl_->drained = true;
  Log(LogLevel::kInfo, "draining: health says NOT_SERVING", {{"delay_s", fmt::format("{}", impl_->drain_delay_s)}});
  impl_->server->GetHealthCheckService()->Shutdown();  // NOT_SERVING for good: SetServing changes nothing any more
  Sleep(impl_->drain_delay_s);
  Log(LogLevel::kInfo, "draining: no new calls", {{"grace_s", fmt::format("{}", impl_->drain_grace_s)}});
  impl_->server->Shutdown(After(impl_->drain_grace_s));
  impl_->server->Wait();
}

void Declare(Settings& settings, ServerSettings& server) {
  settings.Add("server.listen", server.listen, "host:port of gRPC; port 0 = any");
  settings.Add("server.tls_certificate", server.tls_certificate, "PEM file; empty = plaintext");
  settings.Add("server.tls_key", server.tls_key, "PEM file");
  settings.Add("server.tls_client_ca", server.tls_client_ca, "PEM file; clients need a certificate that it signed");
  settings.Add("server.token_file", server.token_file, "Who may do what; empty = everybody may do everything");
  settings.Add("server.audit_log", server.audit_log, "File that calls above viewer are appended to; empty = none");
  settings.Add("server.reflection", server.reflection,
               "Tell clients which methods there are; not with server.token_file");
  settings.Add("server.max_message_bytes", server.max_message_bytes, "Size of a message, either way");
  settings.Add("server.max_threads", server.max_threads, "Calls at once; each open stream holds a thread");
  settings.Add("server.max_streams", server.max_streams, "Open streams of all clients");
  settings.Add("server.drain_delay_s", server.drain_delay_s, "From NOT_SERVING to refusing calls");
  settings.Add("server.drain_grace_s", server.drain_grace_s, "For the calls that are open then");
  settings.Check([&server] {
    std::vector<std::string> wrong;
    if (!ParseHostPort(server.listen)) {
      wrong.push_back(fmt::format("server.listen '{}' is not host:port", server.listen));
    }
    if (server.tls_certificate.empty() != server.tls_key.empty()) {
      wrong.emplace_back("server.tls_certificate and server.tls_key must be given together");
    }
    if (!server.tls_client_ca.empty() && server.tls_certificate.empty()) {
      wrong.emplace_back("server.tls_client_ca needs server.tls_certificate and server.tls_key");
    }
    if (server.reflection && !server.token_file.empty()) {
      wrong.emplace_back(
          "server.reflection must be off where server.token_file is set: reflection asks nobody for a token, and its "
          "streams could take every thread; give clients the .proto files instead");
    }
    if (server.max_message_bytes < 1024) wrong.emplace_back("server.max_message_bytes must be at least 1024");
    if (server.max_streams < 1) wrong.emplace_back("server.max_streams must be at least 1");
    if (server.max_threads < server.max_streams + 16) {
      wrong.push_back(
          fmt::format("server.max_threads must be at least {} (server.max_streams + 16): streams would "
                      "leave no thread to other calls",
                      server.max_streams + 16));
    }
    if (!(server.drain_delay_s >= 0)) wrong.emplace_back("server.drain_delay_s must be 0 or more");
    if (!(server.drain_grace_s >= 0)) wrong.emplace_back("server.drain_grace_s must be 0 or more");
    return wrong;
  });
}

StatusOr<std::unique_ptr<Access>> OpenAccess(const ServerSettings& server) {
  if (server.token_file.empty()) return OpenToEverybody();
  return OpenTokenFile(server.token_file);
}

std::vector<std::string> Exposures(const ServerSettings& server) {
  std::vector<std::string> warnings;
  if (server.tls_certificate.empty()) {
    warnings.push_back(
        fmt::format("gRPC on {} is plaintext: whoever is on the way reads tokens and answers, and can change them. Set "
                    "server.tls_certificate and server.tls_key.",
                    server.listen));
  }
  if (server.token_file.empty() && server.tls_client_ca.empty()) {
    warnings.push_back(fmt::format(
        "gRPC on {} asks nobody for a token: whoever reaches it may start, cancel and export. Set server.token_file.",
        server.listen));
  } else if (server.token_file.empty()) {
    warnings.push_back(fmt::format(
        "gRPC on {} has no token file: every client with a certificate may do everything. Set server.token_file.",
        server.listen));
  }
  return warnings;
}

}  // namespace fringewatch::service
