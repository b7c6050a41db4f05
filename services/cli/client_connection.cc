#include "services/cli/client_connection.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "common/base/host_port.h"
#include "common/wire/rpc_status.h"

namespace fringewatch::cli {
namespace {

constexpr std::chrono::milliseconds kLook(100);  // how late an interrupt is seen
using SteadyTime = std::chrono::steady_clock::time_point;

/// Calls that may be sent twice: they read, or carry a request id. gRPC repeats them when the server is away.
constexpr const char* kServiceConfig = R"json({
  "methodConfig": [{
    "name": [
      {"service": "fringewatch.v1.JobService", "method": "SubmitTrack"},
      {"service": "fringewatch.v1.JobService", "method": "PlanTrack"},
      {"service": "fringewatch.v1.JobService", "method": "GetRun"},
      {"service": "fringewatch.v1.JobService", "method": "ListRuns"},
      {"service": "fringewatch.v1.JobService", "method": "ListDeadTasks"},
      {"service": "fringewatch.v1.ResultService", "method": "ListSites"},
      {"service": "fringewatch.v1.ResultService", "method": "GetSite"},
      {"service": "fringewatch.v1.ResultService", "method": "GetSeries"},
      {"service": "fringewatch.v1.ResultService", "method": "GetProducts"}
    ],
    "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }],
  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
})json";

/// An address as it was given, taken apart.
struct Address {
  std::string target;  ///< for gRPC
  bool https = false;
  bool local = false;  ///< nothing leaves this machine
};

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// 127.0.0.0/8; a name that merely begins with "127." belongs to anybody.
bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.substr(0, 4) == "127." && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

StatusOr<Address> ParseAddress(const std::string& given) {
  Address address;
  std::string_view rest = given;
  address.https = TakePrefix(rest, "https://");
  if (!address.https) TakePrefix(rest, "http://");
  address.target = std::string(rest);
  if (rest.substr(0, 5) == "unix:") {
    address.local = true;
    return address;
  }
  TakePrefix(rest, "dns:///");
  const std::optional<HostPort> parsed = ParseHostPort(rest);
  if (!parsed) {
    return Error(Fault::kBadOption, "'{}' is no address; give HOST:PORT or https://HOST:PORT", given);
  }
  address.local = IsLoopback(parsed->host);
  return address;
}

const std::string& AddressOf(const ConnectionOptions& options, Service service) {
  return service == Service::kResults && !options.results.empty() ? options.results : options.server;
}

bool IsEncrypted(const ConnectionOptions& options, const Address& address) {
  return options.tls || !options.ca.empty() || !options.certificate.empty() || address.https;
}

StatusOr<std::string> ReadWhole(const std::string& path, const char* what) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || text.empty()) {
    return Error(Fault::kNotReadable, "{}: the {} is not there, not readable or empty; check the path", path, what);
  }
  return text;
}

StatusOr<std::string> ReadToken(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string token, ReadWhole(path, "token file"));
  constexpr const char* kBlanks = " \t\r\n";
  token.erase(0, token.find_first_not_of(kBlanks));
  token.erase(token.find_last_not_of(kBlanks) + 1);
  const bool sendable = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!path.empty() && (token.empty() || !sendable)) {
    return Error(Fault::kBadOption, "{} holds no token; it must be one line of printable ASCII without blanks", path);
  }
  return token;
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(const ConnectionOptions& options, bool encrypted) {
  if (!encrypted) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  FW_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadWhole(options.ca, "certificate of the authority"));
  FW_ASSIGN_OR_RETURN(ssl.pem_cert_chain, ReadWhole(options.certificate, "certificate"));
  FW_ASSIGN_OR_RETURN(ssl.pem_private_key, ReadWhole(options.key, "key"));
  return grpc::SslCredentials(ssl);
}

/// The message, and what only the details say: fields and problems.
Status WithDetails(const grpc::Status& status) {
  const Status told = wire::FromRpcStatus(status);
  const wire::RpcDetails details = wire::DetailsOf(status);
  std::string message = MessageOf(told);
  const auto add = [&message](const std::string& text) {
    if (message.find(text) == std::string::npos) message += "\n  " + text;
  };
  for (const auto& [field, problem] : details.fields) add(field.empty() ? problem : field + ": " + problem);
  for (const std::string& problem : details.violations) add(problem);
  return Status(told.code(), message);
}

}  // namespace

Status CheckUsage(const ConnectionOptions& options, Service service) {
  const std::string& given = AddressOf(options, service);
  if (given.empty()) {
    return service == Service::kJobs
               ? Error(Fault::kBadOption, "no server is named; give --server HOST:PORT or set FRINGEWATCH_SERVER")
               : Error(Fault::kBadOption,
                       "no server is named; give --results HOST:PORT or set FRINGEWATCH_RESULTS (or --server, "
                       "FRINGEWATCH_SERVER, when one address serves both)");
  }
  FW_ASSIGN_OR_RETURN(const Address address, ParseAddress(given));
  if (options.certificate.empty() != options.key.empty()) {
    return Error(Fault::kBadOption, "--cert and --key belong together; give both");
  }
  const bool encrypted = IsEncrypted(options, address);
  if (encrypted && options.plaintext) {
    return Error(Fault::kBadOption, "--plaintext contradicts --tls, --ca, --cert and https://; give one");
  }
  if (encrypted || address.local) return {};
  if (!options.token_file.empty()) {
    return Error(Fault::kBadOption,
                 "the token would travel to {} in clear; give --tls, --ca FILE or an address with https:// "
                 "(tokens without TLS are only sent to this machine)",
                 given);
  }
  if (!options.plaintext) {
    return Error(Fault::kBadOption,
                 "the connection to {} would not be encrypted; give --tls, --ca FILE or an address with https://, "
                 "or --plaintext to go on without",
                 given);
  }
  return {};
}

StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options, Service service,
                                                       std::function<bool()> interrupted) {
  FW_RETURN_IF_ERROR(CheckUsage(options, service));
  FW_ASSIGN_OR_RETURN(const Address address, ParseAddress(AddressOf(options, service)));
  std::unique_ptr<Connection> connection(new Connection);
  connection->address_ = address.target;
  connection->timeout_s_ = options.timeout_s;
  connection->encrypted_ = IsEncrypted(options, address);
  connection->interrupted_ = std::move(interrupted);
  FW_ASSIGN_OR_RETURN(const std::string token, ReadToken(options.token_file));
  if (!token.empty()) connection->authorization_ = "Bearer " + token;
  FW_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(options, connection->encrypted_));
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  connection->channel_ = grpc::CreateCustomChannel(address.target, credentials, arguments);
  return connection;
}

void Connection::Prepare(grpc::ClientContext& context, std::chrono::duration<double> timeout) const {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
  if (!authorization_.empty()) context.AddMetadata("authorization", authorization_);
}

bool Connection::Await(grpc::ClientContext& context, grpc::CompletionQueue& queue, SteadyTime silent_until) const {
  void* tag = nullptr;
  bool ok = false;
  for (;;) {
    const auto next = queue.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kLook);
    if (next == grpc::CompletionQueue::GOT_EVENT) return ok;
    if (next == grpc::CompletionQueue::SHUTDOWN) return false;
    if (interrupted_() || std::chrono::steady_clock::now() >= silent_until) context.TryCancel();
  }
}

void Connection::AwaitReachable(std::chrono::milliseconds longest) const {
  const auto until = std::chrono::system_clock::now() + longest;
  for (auto now = std::chrono::system_clock::now(); now < until && !interrupted_();
       now = std::chrono::system_clock::now()) {
    if (channel_->WaitForConnected(std::min(until, now + kLook))) return;
  }
}

Status Connection::Explain(const grpc::Status& status) const {
  const Status told = WithDetails(status);
  const std::string message = MessageOf(told);
  if (told.code() == StatusCode::kCancelled && interrupted_()) {
    return Error(Fault::kInterrupted, "the call to {} was given up; what it had begun there goes on", address_);
  }
  if (message.find("FW-") != std::string::npos) return told;  // the server's own words
  switch (told.code()) {
    case StatusCode::kUnavailable:
      return Error(Fault::kServiceAway, "{} cannot be reached {}: {}; check the address, {}and that the service runs",
                   address_, encrypted_ ? "with TLS" : "without TLS", message,
                   encrypted_ ? "the certificates " : "whether it wants TLS (--tls, --ca) ");
    case StatusCode::kDeadlineExceeded:
      return Error(Fault::kDeadline, "no answer from {} within {:g} s; try again, or allow more with --timeout",
                   address_, timeout_s_);
    case StatusCode::kUnimplemented:
      return Error(Fault::kBadOption,
                   "{} does not serve what was asked; --server names the scheduler, --results the results service",
                   address_);
    case StatusCode::kUnauthenticated:
      return Error(Fault::kNoToken, "{}: {}; give --token-file FILE", address_, message);
    case StatusCode::kPermissionDenied:
      return Error(Fault::kForbidden, "{}: {}; a token with another role is needed", address_, message);
    default: return Annotate(told, address_);
  }
}

ExitCode WithConnection(const ConnectionOptions& options, Service service, const Console& console,
                        const std::function<StatusOr<ExitCode>(const Connection&)>& body) {
  if (const Status usage = CheckUsage(options, service); !usage.ok()) {
    (void)Report(console, usage);
    return ExitCode::kUsage;
  }
  const auto connection = Connection::Open(options, service, console.interrupted);
  if (!connection.ok()) return Report(console, connection.status());
  const StatusOr<ExitCode> code = body(**connection);
  if (!code.ok()) return Report(console, code.status());
  console.out.flush();
  if (!console.out) return Report(console, Error(Fault::kNotWritable, "the output cannot be written"));
  return *code;
}

}  // namespace fringewatch::cli
