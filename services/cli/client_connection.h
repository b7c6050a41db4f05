/// A client's way to one service: address, TLS, token, deadlines, retries, and errors that say what to do.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "services/cli/console.h"

namespace fringewatch::cli {

struct ConnectionOptions {
  std::string server;            ///< HOST:PORT of the scheduler, or https://HOST:PORT
  std::string results;           ///< of the results service; empty = the same
  bool tls = false;              ///< with the certificates that the system trusts; `ca` or https:// imply it
  std::string ca;                ///< PEM file: certificates that the server's must be signed by
  std::string certificate, key;  ///< PEM files: who we are, for servers that ask
  bool plaintext = false;        ///< go on without TLS to another machine; never with a token
  std::string token_file;        ///< empty = no token
  double timeout_s = 60;         ///< of one call
};

enum class Service { kJobs, kResults };

/// What is wrong with the command line: no address, no port, plaintext to another machine. Touches nothing.
/// \error kBadOption
[[nodiscard]] Status CheckUsage(const ConnectionOptions& options, Service service);

class Connection {
 public:
  /// Reads the certificates and the token; connects with the first call.
  /// \error those of CheckUsage; kNotReadable; kBadOption for a token that cannot be sent
  [[nodiscard]] static StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options, Service service,
                                                                  std::function<bool()> interrupted);

  template <typename Stub, typename Request, typename Response>
  using Method = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(grpc::ClientContext*,
                                                                                      const Request&,
                                                                                      grpc::CompletionQueue*);

  /// One call: Call(&v1::JobService::Stub::AsyncGetRun, request). Calls that may be repeated are, when the server is
  /// away for a moment.
  /// \error the server's; kServiceAway, kDeadline, kInterrupted
  template <typename Stub, typename Request, typename Response>
  [[nodiscard]] StatusOr<Response> Call(Method<Stub, Request, Response> method, const Request& request) const {
    Stub stub(channel_);
    grpc::ClientContext context;
    Prepare(context, std::chrono::duration<double>(timeout_s_));
    grpc::CompletionQueue queue;
    const auto reader = (stub.*method)(&context, request, &queue);
    Response response;
    grpc::Status status;
    reader->Finish(&response, &status, &status);
    (void)Await(context, queue, std::chrono::steady_clock::time_point::max());
    if (!status.ok()) return Explain(status);
    return response;
  }

  /// Token and deadline. For streams; Call does it by itself.
  void Prepare(grpc::ClientContext& context, std::chrono::duration<double> timeout) const;
  /// The next completion, whether it is ok. Gives the call up after an interrupt or at `silent_until`.
  [[nodiscard]] bool Await(grpc::ClientContext& context, grpc::CompletionQueue& queue,
                           std::chrono::steady_clock::time_point silent_until) const;
  /// Waits until the server can be reached, at most so long; returns earlier when interrupted. After a call failed, the
  /// next one fails at once until gRPC has tried to connect again.
  void AwaitReachable(std::chrono::milliseconds longest) const;
  /// The server's Status; what gRPC itself says, with the address and a remedy.
  [[nodiscard]] Status Explain(const grpc::Status& status) const;

  [[nodiscard]] const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  Connection() = default;

  std::string address_;
  std::string authorization_;  ///< "Bearer ..."; empty = none
  double timeout_s_ = 60;
  bool encrypted_ = false;
  std::function<bool()> interrupted_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// Opens the connection, runs `body`, reports errors. A wrong command line gives kUsage.
[[nodiscard]] ExitCode WithConnection(const ConnectionOptions& options, Service service, const Console& console,
                                      const std::function<StatusOr<ExitCode>(const Connection&)>& body);

}  // namespace fringewatch::cli
