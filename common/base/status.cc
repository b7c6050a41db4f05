#include "common/base/status.h"

namespace fringewatch {
namespace {

struct FaultEntry {
  Fault fault;
  StatusCode code;
  const char* title;
};

constexpr FaultEntry kFaults[] = {
    {Fault::kGridMismatch, StatusCode::kFailedPrecondition, "grid mismatch"},
    {Fault::kGapTooLong, StatusCode::kFailedPrecondition, "gap too long"},
    {Fault::kWavelengthMissing, StatusCode::kFailedPrecondition, "wavelength missing"},
    {Fault::kSignContradiction, StatusCode::kFailedPrecondition, "sign contradiction"},
    {Fault::kReferenceMasked, StatusCode::kFailedPrecondition, "reference masked"},
    {Fault::kStackEmpty, StatusCode::kFailedPrecondition, "stack empty"},
    {Fault::kBadDate, StatusCode::kInvalidArgument, "date unreadable"},
    {Fault::kNoValidPixels, StatusCode::kFailedPrecondition, "no valid pixels"},
    {Fault::kCoherenceMissing, StatusCode::kFailedPrecondition, "coherence missing"},
    {Fault::kBadOption, StatusCode::kInvalidArgument, "bad option"},
    {Fault::kFormatUnknown, StatusCode::kInvalidArgument, "format unknown"},
    {Fault::kInputRejected, StatusCode::kFailedPrecondition, "input rejected"},
    {Fault::kRasterTooLarge, StatusCode::kInvalidArgument, "raster too large"},
    {Fault::kUnknownName, StatusCode::kNotFound, "unknown name"},
    {Fault::kRequestReused, StatusCode::kInvalidArgument, "request id reused"},
    {Fault::kWrongState, StatusCode::kFailedPrecondition, "wrong state"},
    {Fault::kPageGone, StatusCode::kOutOfRange, "page past the end"},
    {Fault::kRasterTruncated, StatusCode::kDataLoss, "raster truncated"},
    {Fault::kChecksumMismatch, StatusCode::kDataLoss, "checksum mismatch"},
    {Fault::kNotReadable, StatusCode::kNotFound, "not readable"},
    {Fault::kNotWritable, StatusCode::kPermissionDenied, "not writable"},
    {Fault::kOutOfMemory, StatusCode::kResourceExhausted, "out of memory"},
    {Fault::kDeadline, StatusCode::kDeadlineExceeded, "deadline exceeded"},
    {Fault::kModelRefused, StatusCode::kFailedPrecondition, "model refused"},
    {Fault::kInterrupted, StatusCode::kCancelled, "interrupted"},
    {Fault::kInternal, StatusCode::kInternal, "internal error"},
    {Fault::kLeaseLost, StatusCode::kAborted, "lease lost"},
    {Fault::kServiceAway, StatusCode::kUnavailable, "service away"},
    {Fault::kDraining, StatusCode::kUnavailable, "draining"},
    {Fault::kWorkerUnfit, StatusCode::kUnavailable, "worker unfit"},
    {Fault::kQuota, StatusCode::kResourceExhausted, "quota"},
    {Fault::kNoToken, StatusCode::kUnauthenticated, "not authenticated"},
    {Fault::kForbidden, StatusCode::kPermissionDenied, "not allowed"},
    {Fault::kPathForbidden, StatusCode::kPermissionDenied, "path not allowed"},
};

const FaultEntry& Find(Fault fault) {
  for (const FaultEntry& entry : kFaults) {
    if (entry.fault == fault) return entry;
  }
  return kFaults[0];
}

}  // namespace

StatusCode CodeOf(Fault fault) { return Find(fault).code; }

std::string CodeName(const Status& status) {
  const std::string name = absl::StatusCodeToString(status.code());
  return name.empty() ? "UNKNOWN" : name;
}

Status MakeError(Fault fault, const std::string& message) {
  const FaultEntry& entry = Find(fault);
  return Status(entry.code, fmt::format("FW-{} {}: {}", static_cast<int>(fault), entry.title, message));
}

bool HasFault(const Status& status, Fault fault) {
  const std::string code = fmt::format("FW-{} ", static_cast<int>(fault));
  return status.code() == CodeOf(fault) && MessageOf(status).find(code) != std::string::npos;
}

Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return Status(status.code(), fmt::format("{}: {}", context, MessageOf(status)));
}

std::string MessageOf(const Status& status) { return std::string(status.message().data(), status.message().size()); }

Status Problems::ToStatus(std::string_view what) const {
  if (items_.empty()) return {};
  if (items_.size() == 1) return Annotate(MakeError(items_[0].fault, items_[0].message), what);
  std::string text = fmt::format("{}: {} problems", what, items_.size());
  for (const Item& item : items_) text += "\n  " + MessageOf(MakeError(item.fault, item.message));
  return Status(CodeOf(items_[0].fault), text);
}

}  // namespace fringewatch
