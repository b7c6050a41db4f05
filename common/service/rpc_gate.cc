#include "common/service/rpc_gate.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "common/base/utc_text.h"
#include "common/service/log.h"
#include "common/service/shutdown.h"
#include "common/wire/rpc_status.h"

namespace fringewatch::service {
namespace {

/// Lines appended to a file, each by one write: processes and threads do not mix theirs.
class AuditLog {
 public:
  static StatusOr<std::unique_ptr<AuditLog>> Open(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file < 0) {
      return Error(Fault::kNotWritable, "{}: cannot open the audit log (server.audit_log): {}", path,
                   std::strerror(errno));
    }
    return std::unique_ptr<AuditLog>(new AuditLog(path, file));
  }
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  ~AuditLog() { ::close(file_); }

  void Append(const nlohmann::ordered_json& entry) {
    const std::string line = entry.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    const ssize_t written = ::write(file_, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return;
    Log(LogLevel::kError, "audit line lost", {{"path", path_}, {"error", std::strerror(errno)}, {"line", line}});
  }

 private:
  AuditLog(std::string path, int file) : path_(std::move(path)), file_(file) {}
  const std::string path_;
  const int file_;
};

/// Names a failure in the log and to the client.
std::string CorrelationId() {
  static std::atomic<uint64_t> next = (static_cast<uint64_t>(std::random_device{}()) << 32U) + 1;
  return fmt::format("{:016x}", next.fetch_add(1));
}

/// Several headers are as good as none: no proxy may put a second one before the first.
std::string AuthorizationOf(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  if (metadata.count("authorization") != 1) return {};
  const grpc::string_ref value = metadata.find("authorization")->second;
  return {value.data(), value.size()};
}

class Gate final : public RpcGate {
 public:
  Gate(Options options, const Access& access, Metrics& metrics, std::unique_ptr<AuditLog> audit)
      : options_(std::move(options)), access_(access), metrics_(metrics), audit_(std::move(audit)) {}

  grpc::Status Unary(grpc::ServerContext& context, const char* method, Role needed,
                     const std::function<Status(Call&)>& body) override {
    return Pass(context, method, needed, body, [] { return Status(); });
  }

  grpc::Status Stream(grpc::ServerContext& context, const char* method, Role needed,
                      const std::function<Status(Call&)>& body) override {
    struct Place {
      explicit Place(std::atomic<int>& count) : streams(count), number(++count) {}
      ~Place() { --streams; }
      std::atomic<int>& streams;
      const int number;
    };
    std::optional<Place> place;  // taken once the caller is known: nobody else may hold one
    return Pass(context, method, needed, body, [&]() -> Status {
      if (Draining()) return Error(Fault::kDraining, "this server is ending: try again, another one will answer");
      if (place.emplace(streams_).number <= options_.max_streams) return {};
      return Error(Fault::kQuota, "all {} streams of this server are taken (server.max_streams): try again later",
                   options_.max_streams);
    });
  }

 private:
  using Body = std::function<Status(Call&)>;

  grpc::Status Pass(grpc::ServerContext& context, const char* method, Role needed, const Body& body,
                    const std::function<Status()>& limit) {
    const auto start = std::chrono::steady_clock::now();
    metrics_.AddRpcInFlight(options_.service, 1);
    Call call{.context = context, .caller = {}, .request_line = {}};
    bool admitted = false;
    const Status status = Hidden(Run(call, needed, body, limit, admitted), method);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    metrics_.AddRpcInFlight(options_.service, -1);
    metrics_.CountRpc(options_.service, method, status, time.count());
    Report(call, method, needed, admitted, status, time.count());
    return wire::ToRpcStatus(status);
  }

  Status Run(Call& call, Role needed, const Body& body, const std::function<Status()>& limit, bool& admitted) const {
    try {
      // First who it is, so that the log and the audit name those who are refused, too.
      const std::string authorization = AuthorizationOf(call.context);
      FW_ASSIGN_OR_RETURN(call.caller, access_.Admit(authorization, Role::kViewer));
      admitted = true;
      if (const StatusOr<Caller> allowed = access_.Admit(authorization, needed); !allowed.ok()) {
        return allowed.status();
      }
      FW_RETURN_IF_ERROR(limit());
      return body(call);
    } catch (const std::bad_alloc&) {
      return Error(Fault::kOutOfMemory, "the server has no memory left for this call: try again later");
    } catch (const std::exception& error) {
      return Error(Fault::kInternal, "exception: {}", error.what());
    } catch (...) {
      return Error(Fault::kInternal, "exception of an unknown kind");
    }
  }

  /// What is wrong inside is for the log; the client gets a name for it.
  Status Hidden(const Status& status, const char* method) const {
    if (status.code() != StatusCode::kInternal) return status;
    const std::string id = CorrelationId();
    Log(LogLevel::kError, "internal error",
        {{"correlation_id", id}, {"service", options_.service}, {"method", method}, {"error", MessageOf(status)}});
    return Error(Fault::kInternal, "{}.{} failed: tell the operator correlation id {}", options_.service, method, id);
  }

  void Report(const Call& call, const char* method, Role needed, bool admitted, const Status& status,
              double seconds) const {
    const std::string peer = call.context.peer();
    Log(status.ok() ? LogLevel::kDebug : LogLevel::kInfo, "call",
        {{"service", options_.service},
         {"method", method},
         {"caller", call.caller.name},
         {"peer", peer},
         {"code", CodeName(status)},
         {"error", MessageOf(status)},
         {"seconds", fmt::format("{:.3f}", seconds)}});
    if (!audit_ || needed == Role::kViewer) return;
    audit_->Append({{"time", UtcText(std::chrono::system_clock::now())},
                    {"caller", call.caller.name},
                    {"role", admitted ? NameOf(call.caller.role) : ""},
                    {"peer", peer},
                    {"method", options_.service + "." + method},
                    {"request_line", call.request_line},
                    {"code", CodeName(status)}});
  }

  const Options options_;
  const Access& access_;
  Metrics& metrics_;
  const std::unique_ptr<AuditLog> audit_;
  std::atomic<int> streams_ = 0;
};

}  // namespace

StatusOr<std::unique_ptr<RpcGate>> RpcGate::Open(const Options& options, const Access& access, Metrics& metrics) {
  std::unique_ptr<AuditLog> audit;
  if (!options.audit_path.empty()) {
    FW_ASSIGN_OR_RETURN(audit, AuditLog::Open(options.audit_path));
  }
  return std::make_unique<Gate>(options, access, metrics, std::move(audit));
}

}  // namespace fringewatch::service
