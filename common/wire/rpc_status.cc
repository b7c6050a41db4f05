#include "common/wire/rpc_status.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace fringewatch::wire {
namespace {

// gRPC's default limit of all metadata is 8 KiB, and the message goes twice: percent-encoded beside the details, and
// in them.
constexpr size_t kMessageBytes = 1500;
constexpr size_t kDetailBytes = 3000;

constexpr const char* kDomain = "fringewatch";

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

/// Protobuf text must be UTF-8, and file names need not be.
std::string Utf8(const std::string& bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const size_t size = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
    bool whole = size > 0 && i + size <= bytes.size();
    for (size_t k = 1; whole && k < size; ++k) whole = (static_cast<unsigned char>(bytes[i + k]) & 0xC0U) == 0x80U;
    text += whole ? bytes.substr(i, size) : "?";
    i += whole ? size : 1;
  }
  return text;
}

/// Adds items by `add` until the budget is spent; then one that counts the rest.
template <typename Items, typename Add>
void AddWithin(const Items& items, Add add) {
  size_t spent = 0;
  size_t added = 0;
  for (const auto& item : items) {
    const std::string text = Shortened(Utf8(item.second), 800);
    spent += text.size() + item.first.size() + 40;
    if (spent > kDetailBytes) break;
    add(Utf8(item.first), text);
    ++added;
  }
  if (added < items.size()) add("", fmt::format("and {} more", items.size() - added));
}

std::vector<std::pair<std::string, std::string>> Unnamed(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> named;
  named.reserve(texts.size());
  for (const std::string& text : texts) named.emplace_back("", text);
  return named;
}

google::rpc::BadRequest BadRequestOf(const std::string& message, const RpcDetails& details) {
  google::rpc::BadRequest bad;
  AddWithin(details.fields.empty() ? Unnamed(ProblemsOf(message)) : details.fields,
            [&bad](const std::string& field, const std::string& text) {
              google::rpc::BadRequest::FieldViolation* violation = bad.add_field_violations();
              violation->set_field(field);
              violation->set_description(text);
            });
  return bad;
}

google::rpc::PreconditionFailure PreconditionOf(const std::string& message, const RpcDetails& details) {
  google::rpc::PreconditionFailure failure;
  AddWithin(Unnamed(details.violations.empty() ? ProblemsOf(message) : details.violations),
            [&failure](const std::string&, const std::string& text) {
              google::rpc::PreconditionFailure::Violation* violation = failure.add_violations();
              violation->set_type(ReasonIn(text));
              violation->set_description(text);
            });
  return failure;
}

google::rpc::RetryInfo RetryOf(std::chrono::milliseconds after) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(after.count() / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int>(after.count() % 1000) * 1'000'000);
  return retry;
}

}  // namespace

std::string ReasonOf(const Status& status) { return ReasonIn(MessageOf(status)); }

grpc::Status ToRpcStatus(const Status& status, const RpcDetails& details) {
  if (status.ok()) return {};
  const std::string whole = Utf8(MessageOf(status));
  const std::string message = Shortened(whole, kMessageBytes);
  google::rpc::Status full;
  full.set_code(static_cast<int>(status.code()));
  full.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(ReasonIn(whole));
  for (const auto& [key, value] : details.metadata) (*info.mutable_metadata())[Utf8(key)] = Shortened(Utf8(value), 400);
  if (!info.reason().empty() || !info.metadata().empty()) full.add_details()->PackFrom(info);
  switch (status.code()) {
    case StatusCode::kInvalidArgument: full.add_details()->PackFrom(BadRequestOf(whole, details)); break;
    case StatusCode::kFailedPrecondition: full.add_details()->PackFrom(PreconditionOf(whole, details)); break;
    case StatusCode::kUnavailable:
    case StatusCode::kResourceExhausted: full.add_details()->PackFrom(RetryOf(details.retry_after)); break;
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
  details.retry_after = std::chrono::milliseconds(0);
  google::rpc::Status full;
  if (!full.ParseFromString(status.error_details())) return details;
  for (const google::protobuf::Any& any : full.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info)) {
      details.reason = info.reason();
      details.metadata = {info.metadata().begin(), info.metadata().end()};
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
