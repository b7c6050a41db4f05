#include "common/wire/rpc_status.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

#include "common/wire/message_text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace fringewatch::wire {
namespace {

// gRPC's default limit of all metadata is 8 KiB, and the message goes twice: percent-encoded beside the details, and
// in them.
constexpr size_t kMessageBytes = 1500;
constexpr size_t kDetailBytes = 3000;

constexpr const char* kDomain = "fringewatch";
constexpr int kRetryAfter_s = 1;

/// Bytes of `c` in the header grpc-message.
size_t EncodedSize(char c) { return c >= ' ' && c <= '~' && c != '%' ? 1 : 3; }

/// As much of `text` as `limit` encoded bytes hold; does not part a UTF-8 character.
std::string Shortened(const std::string& text, size_t limit) {
  constexpr std::string_view kCut = " ... (cut)";
  size_t total = 0;
  size_t kept = 0;
  for (const char c : text) {
    total += EncodedSize(c);
    if (total + kCut.size() <= limit) ++kept;
  }
  if (total <= limit) return text;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0U) == 0x80U) --kept;
  return text.substr(0, kept) + std::string(kCut);
}

/// The problems that Problems::ToStatus lists, one per indented line; the whole message when it is no list.
std::vector<std::string> ProblemsOf(const std::string& message) {
  std::vector<std::string> problems;
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) problems.push_back(line.substr(2));
  }
  if (problems.empty()) problems.push_back(message);
  return problems;
}

std::string ReasonIn(const std::string& text) {
  for (size_t at = text.find("FW-"); at != std::string::npos; at = text.find("FW-", at + 1)) {
    size_t end = at + 3;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end == at + 7) return text.substr(at, 7);
  }
  return {};
}

/// Adds items by `add` until the budget is spent; then one that counts the rest.
template <typename Items, typename Add>
void AddWithin(const Items& items, Add add) {
  size_t spent = 0;
  size_t added = 0;
  for (const auto& item : items) {
    const std::string text = Shortened(item.second, 800);
    spent += text.size() + item.first.size() + 40;
    if (spent > kDetailBytes) break;
    add(item.first, text);
    ++added;
  }
  if (added < items.size()) add("", fmt::format("and {} more", items.size() - added));
}

/// A problem that names its field, as option and request checks write it ("FW-1010 bad option: policy.tile_px: 7 is
/// not 64 to 8192"), in two parts; else no field and the whole text.
std::pair<std::string, std::string> FieldAndProblem(const std::string& text) {
  constexpr std::string_view kColon = ": ";
  const std::string reason = ReasonIn(text);
  const size_t title_end = reason.empty() ? std::string::npos : text.find(kColon, text.find(reason));
  if (title_end == std::string::npos) return {"", text};
  const size_t begin = title_end + kColon.size();
  const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.", begin);
  if (end == begin || end == std::string::npos || text.compare(end, kColon.size(), kColon) != 0) return {"", text};
  return {text.substr(begin, end - begin), text.substr(end + kColon.size())};
}

google::rpc::BadRequest BadRequestOf(const std::string& message) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const std::string& problem : ProblemsOf(message)) fields.push_back(FieldAndProblem(problem));
  google::rpc::BadRequest bad;
  AddWithin(fields, [&bad](const std::string& field, const std::string& text) {
    google::rpc::BadRequest::FieldViolation* violation = bad.add_field_violations();
    violation->set_field(field);
    violation->set_description(text);
  });
  return bad;
}

google::rpc::PreconditionFailure PreconditionOf(const std::string& message) {
  std::vector<std::pair<std::string, std::string>> problems;
  for (std::string& problem : ProblemsOf(message)) problems.emplace_back(ReasonIn(problem), std::move(problem));
  google::rpc::PreconditionFailure failure;
  AddWithin(problems, [&failure](const std::string& reason, const std::string& text) {
    google::rpc::PreconditionFailure::Violation* violation = failure.add_violations();
    violation->set_type(reason);
    violation->set_description(text);
  });
  return failure;
}

google::rpc::RetryInfo Retry() {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(kRetryAfter_s);
  return retry;
}

}  // namespace

std::string ReasonOf(const Status& status) { return ReasonIn(MessageOf(status)); }

grpc::Status ToRpcStatus(const Status& status) {
  if (status.ok()) return {};
  const std::string whole = MessageText(MessageOf(status), std::string::npos);
  const std::string message = Shortened(whole, kMessageBytes);
  google::rpc::Status full;
  full.set_code(static_cast<int>(status.code()));
  full.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(ReasonIn(whole));
  if (!info.reason().empty()) full.add_details()->PackFrom(info);
  switch (status.code()) {
    case StatusCode::kInvalidArgument: full.add_details()->PackFrom(BadRequestOf(whole)); break;
    case StatusCode::kFailedPrecondition: full.add_details()->PackFrom(PreconditionOf(whole)); break;
    case StatusCode::kUnavailable:
    case StatusCode::kResourceExhausted: full.add_details()->PackFrom(Retry()); break;
    default: break;
  }
  return {static_cast<grpc::StatusCode>(status.code()), message, full.SerializeAsString()};
}

Status FromRpcStatus(const grpc::Status& status) {
  if (status.ok()) return {};
  return Status(static_cast<StatusCode>(status.error_code()), status.error_message());
}

RpcDetails DetailsOf(const grpc::Status& status) {
  RpcDetails details;
  google::rpc::Status full;
  if (!full.ParseFromString(status.error_details())) return details;
  for (const google::protobuf::Any& any : full.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info)) {
      details.reason = info.reason();
    } else if (google::rpc::BadRequest bad; any.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        details.fields.emplace_back(violation.field(), violation.description());
      }
    } else if (google::rpc::PreconditionFailure failure; any.UnpackTo(&failure)) {
      for (const auto& violation : failure.violations()) details.violations.push_back(violation.description());
    } else if (google::rpc::RetryInfo retry; any.UnpackTo(&retry)) {
      details.retry_after = std::chrono::seconds(retry.retry_delay().seconds()) +
                            std::chrono::milliseconds(retry.retry_delay().nanos() / 1'000'000);
    }
  }
  return details;
}

}  // namespace fringewatch::wire
