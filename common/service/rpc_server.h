/// A gRPC server of this project: TLS, health, reflection, limits, and an orderly end.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/service/access.h"
#include "common/service/settings.h"

namespace fringewatch::service {

struct ServerSettings {
  std::string listen = "127.0.0.1:0";    ///< host:port; port 0 = any
  std::string tls_certificate, tls_key;  ///< PEM files, read again within 10 s of a change; both empty = plaintext
  std::string tls_client_ca;             ///< PEM file; clients must show a certificate that it signed
  std::string token_file;                ///< OpenTokenFile; empty = OpenToEverybody
  std::string audit_log;
  bool reflection = false;
  int max_message_bytes = 4 << 20;
  int max_threads = 96;       ///< each open call holds one
  int max_streams = 64;       ///< RpcGate::Options::max_streams
  double drain_delay_s = 5;   ///< between NOT_SERVING and refusing calls: balancers look away in this time
  double drain_grace_s = 30;  ///< for the calls that are open then
};
/// Declares them under `server.`, with their rules.
void Declare(Settings& settings, ServerSettings& server);

/// Tokens of server.token_file; without one, everybody. \error those of OpenTokenFile
[[nodiscard]] StatusOr<std::unique_ptr<Access>> OpenAccess(const ServerSettings& server);

/// Warnings for the start of a process that runs without TLS or without tokens, for LogExposures.
[[nodiscard]] std::vector<std::string> Exposures(const ServerSettings& server);

class RpcServer {
 public:
  /// Serves until Drain. Health: "" and each service's full name, SERVING. \error kBadOption, kNotReadable (PEM
  /// files), kServiceAway when the port is taken.
  [[nodiscard]] static StatusOr<std::unique_ptr<RpcServer>> Start(const ServerSettings& settings,
                                                                  const std::vector<grpc::Service*>& services);
  ~RpcServer();
  [[nodiscard]] int port() const;
  /// "localhost:<port>"
  [[nodiscard]] std::string address() const;
  /// Of one service ("" = all); services that cannot work now (Redis away) say so here.
  void SetServing(const std::string& service, bool serving);
  /// NOT_SERVING, wait drain_delay_s, refuse new calls, let open calls finish for drain_grace_s, cancel what is left
  /// (handlers see ServerContext::IsCancelled) and wait until every handler has returned.
  void Drain();

 private:
  struct Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fringewatch::service
