#include "services/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace fringewatch::cli {
namespace {
constexpr int kBarWidth = 30;
}

Progress::Progress(std::string label, int total) : label_(std::move(label)), total_(total), terminal_(isatty(2) != 0) {}

Progress::~Progress() {
  if (terminal_ && drawn_) fmt::print(stderr, "\n");
}

std::string Progress::Eta(int done) const {
  const double elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (done <= 0) return "";
  if (done >= total_) return fmt::format("{:.0f} s", elapsed_s);
  return fmt::format("ETA {:.0f} s", elapsed_s / done * (total_ - done));
}

void Progress::Update(int done, const std::string& detail) {
  const double share = total_ > 0 ? std::clamp(static_cast<double>(done) / total_, 0.0, 1.0) : 1.0;
  if (terminal_) {
    const int filled = static_cast<int>(share * kBarWidth);
    fmt::print(stderr, "\r\033[K{:<9} [{}{}] {}/{} {} {}", label_, std::string(filled, '#'),
               std::string(kBarWidth - filled, '.'), done, total_, Eta(done), detail);
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  const int tenth = static_cast<int>(share * 10);
  if (tenth > last_tenth_) fmt::print(stderr, "{}: {}/{} {} {}\n", label_, done, total_, Eta(done), detail);
  last_tenth_ = std::max(last_tenth_, tenth);
}

}  // namespace fringewatch::cli
