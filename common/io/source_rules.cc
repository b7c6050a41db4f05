#include "common/io/source_rules.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "common/io/vsi.h"

namespace fringewatch::io {
namespace {

namespace fs = std::filesystem;

// What a reader holds in memory to get at one pixel.
constexpr uint64_t kMaxBlockBytes = uint64_t{1} << 30;
constexpr uint64_t kMaxBlocks = 1'000'000;

bool HoldsDots(const std::string& path) {
  const fs::path parts(path);
  return std::any_of(parts.begin(), parts.end(), [](const fs::path& part) { return part == "." || part == ".."; });
}

// Why `path` is no path to judge at all; empty = it is one.
std::string ShapeFault(const std::string& path) {
  const auto is_control = [](unsigned char c) { return std::iscntrl(c) != 0; };
  if (path.empty()) return "no path";
  if (std::any_of(path.begin(), path.end(), is_control)) return "a name with control characters";
  if (!path.starts_with('/')) return "not absolute: the services run in folders of their own";
  if (HoldsDots(path)) return "'.' and '..' are not allowed";
  return {};
}

// For messages: a forged name must not forge a line of a log.
std::string Printable(std::string text) {
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  }
  return text;
}

uint64_t DividedUp(long whole, long part) {
  part = std::max(part, 1L);
  return static_cast<uint64_t>((whole + part - 1) / part);
}

}  // namespace

bool IsBelow(std::string_view path, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Status SourceRules::CheckPath(const std::string& path) const {
  if (!confined_) return {};
  const auto refuse = [&](const std::string& why) {
    const std::string roots =
        limits_.roots.empty() ? "any local folder" : fmt::format("{}", fmt::join(limits_.roots, ", "));
    return Error(Fault::kPathForbidden, "{}: {}; sources may lie in: {}", Printable(path), why, roots);
  };
  if (const std::string fault = ShapeFault(path); !fault.empty()) return refuse(fault);
  if (IsVirtualPath(path)) {
    for (const std::string& root : limits_.roots) {
      if (IsVirtualPath(root) && IsBelow(path, root)) return {};
    }
    return refuse("no root names this part of GDAL's virtual file systems");
  }
  if (limits_.roots.empty()) return {};
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(path, failure);
  if (failure) return refuse(failure.message());
  for (const std::string& root : limits_.roots) {
    const fs::path real_root = IsVirtualPath(root) ? fs::path() : fs::canonical(root, failure);
    if (!IsVirtualPath(root) && !failure && IsBelow(real.string(), real_root.string())) return {};
  }
  return refuse(real == fs::path(path).lexically_normal() ? "outside of the roots"
                                                          : fmt::format("leads to {}", Printable(real.string())));
}

Status SourceRules::CheckSize(const std::string& path, const RasterSize& size) const {
  if (!confined_) return {};
  const auto refuse = [&](const std::string& why) {
    return Error(Fault::kRasterTooLarge, "{}: {} x {} px: {}; cut it into parts or raise the limit", path, size.rows,
                 size.cols, why);
  };
  if (size.rows > limits_.max_rows || size.cols > limits_.max_rows) {
    return refuse(fmt::format("more than {} x {}", limits_.max_rows, limits_.max_rows));
  }
  const auto product = [](long a, long b) { return static_cast<uint64_t>(a) * static_cast<uint64_t>(b); };
  const uint64_t bytes_per_pixel = static_cast<uint64_t>(size.bands) * size.bytes_per_value;
  constexpr double kGib = 1 << 30;
  const auto max_bytes = static_cast<uint64_t>(limits_.max_raster_gib * kGib);
  if (product(size.rows, size.cols) > max_bytes / std::max<uint64_t>(bytes_per_pixel, 1)) {
    return refuse(
        fmt::format("with {} bands of {} bytes more than {} bytes", size.bands, size.bytes_per_value, max_bytes));
  }
  if (product(size.block_rows, size.block_cols) > kMaxBlockBytes / std::max<uint64_t>(bytes_per_pixel, 1)) {
    return refuse(fmt::format("blocks of {} x {} px decompress to more than {} bytes; write it in tiles",
                              size.block_rows, size.block_cols, kMaxBlockBytes));
  }
  if (DividedUp(size.rows, size.block_rows) > kMaxBlocks / DividedUp(size.cols, size.block_cols)) {
    return refuse(fmt::format("more than {} blocks; write it in larger tiles", kMaxBlocks));
  }
  return {};
}

}  // namespace fringewatch::io
