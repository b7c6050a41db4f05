#include "services/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace fringewatch::cli {

std::string Bar(double share, int width) {
  const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  return std::string(filled, '#') + std::string(width - filled, '.');
}

std::string DurationText(double seconds) {
  const long s = std::lround(std::max(seconds, 0.0));
  if (s < 120) return fmt::format("{} s", s);
  const long minutes = (s + 30) / 60;
  if (minutes < 120) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {:02} h", minutes / 1440, minutes % 1440 / 60);
}

Progress::Progress(std::string label, int total) : label_(std::move(label)), total_(total), terminal_(isatty(2) != 0) {}

Progress::~Progress() {
  if (terminal_ && drawn_) fmt::print(stderr, "\n");
}

std::string Progress::Eta(int done) const {
  const double elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (done <= 0) return "";
  if (done >= total_) return DurationText(elapsed_s);
  return "ETA " + DurationText(elapsed_s / done * (total_ - done));
}

void Progress::Update(int done, const std::string& detail) {
  const double share = total_ > 0 ? std::clamp(static_cast<double>(done) / total_, 0.0, 1.0) : 1.0;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{:<9} [{}] {}/{} {} {}", label_, Bar(share), done, total_, Eta(done), detail);
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  const int tenth = static_cast<int>(share * 10);
  if (tenth > last_tenth_) fmt::print(stderr, "{}: {}/{} {} {}\n", label_, done, total_, Eta(done), detail);
  last_tenth_ = std::max(last_tenth_, tenth);
}

}  // namespace fringewatch::cli
