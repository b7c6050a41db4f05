/// Status and StatusOr: how every function of Fringewatch reports failure.
///
/// The canonical codes are gRPC's. A failure that an operator can act on also carries a numbered domain
/// code (`FW-1001 ...`), so that it can be looked up and counted. This is the only file that names absl:
/// Debian's absl has its own `string_view`, which does not convert from `std::string_view`.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fringewatch {

using Status = absl::Status;
using StatusCode = absl::StatusCode;
template <typename T>
using StatusOr = absl::StatusOr<T>;

/// Numbered domain codes. 1xxx: the input or the request; 2xxx: stored data; 3xxx: this machine or a
/// service; 4xxx: policy.
enum class Fault {
  kGridMismatch = 1001,
  kGapTooLong = 1002,
  kWavelengthMissing = 1003,
  kSignContradiction = 1004,
  kReferenceMasked = 1005,
  kStackEmpty = 1006,
  kBadDate = 1007,
  kNoValidPixels = 1008,
  kCoherenceMissing = 1009,
  kBadOption = 1010,
  kFormatUnknown = 1011,
  kInputRejected = 1012,
  kRasterTooLarge = 1013,
  kUnknownName = 1014,
  kRequestReused = 1015,
  kWrongState = 1016,
  kPageGone = 1017,
  kRasterTruncated = 2001,
  kChecksumMismatch = 2002,
  kNotReadable = 2003,
  kNotWritable = 2004,
  kOutOfMemory = 3001,
  kDeadline = 3002,
  kModelRefused = 3003,
  kInterrupted = 3004,
  kInternal = 3005,
  kLeaseLost = 3006,
  kServiceAway = 3007,
  kDraining = 3008,
  kWorkerUnfit = 3009,
  kQuota = 4001,
  kNoToken = 4002,
  kForbidden = 4003,
  kPathForbidden = 4004,
};

/// Canonical code of a domain code.
[[nodiscard]] StatusCode CodeOf(Fault fault);

/// The name of its canonical code: "OK", "NOT_FOUND".
[[nodiscard]] std::string CodeName(const Status& status);

/// Status whose message starts with the domain code: "FW-1003 wavelength missing: ...".
[[nodiscard]] Status MakeError(Fault fault, const std::string& message);

template <typename... A>
[[nodiscard]] Status Error(Fault fault, fmt::format_string<A...> format, A&&... args) {
  return MakeError(fault, fmt::format(format, std::forward<A>(args)...));
}

/// True when the message names this domain code, with or without context before it.
[[nodiscard]] bool HasFault(const Status& status, Fault fault);

/// Prepends context as the status climbs: "tile t7: FW-2001 raster truncated: ...". OK stays OK.
[[nodiscard]] Status Annotate(const Status& status, std::string_view context);

/// The message as std::string (absl's own view does not convert).
[[nodiscard]] std::string MessageOf(const Status& status);

/// Collects every problem of an input, so that all are reported at once.
class Problems {
 public:
  void Add(Fault fault, std::string message) { items_.push_back({fault, std::move(message)}); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] size_t size() const { return items_.size(); }
  /// OK when empty; else the first problem's code and one line per problem.
  [[nodiscard]] Status ToStatus(std::string_view what) const;

 private:
  struct Item {
    Fault fault;
    std::string message;
  };
  std::vector<Item> items_;
};

}  // namespace fringewatch

#define FW_CONCAT_INNER(a, b) a##b
#define FW_CONCAT(a, b) FW_CONCAT_INNER(a, b)
#define FW_RETURN_IF_ERROR(expr)                                     \
  do {                                                               \
    if (::fringewatch::Status fw_status = (expr); !fw_status.ok()) { \
      return fw_status;                                              \
    }                                                                \
  } while (false)
#define FW_ASSIGN_OR_RETURN(lhs, expr) FW_ASSIGN_OR_RETURN_INNER(FW_CONCAT(fw_result_, __LINE__), lhs, expr)
#define FW_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return tmp.status();             \
  lhs = *std::move(tmp)
