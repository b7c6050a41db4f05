/// Progress of a long command: a bar with an ETA on a terminal, a plain line every tenth elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace fringewatch::cli {

/// "######........................" for `share`, 0 to 1.
[[nodiscard]] std::string Bar(double share, int width = 30);

/// "45 s", "12 min", "3 h 05 min", "2 d 04 h".
[[nodiscard]] std::string DurationText(double seconds);

/// One bar on stderr. One thread at a time.
class Progress {
 public:
  /// `label` names the work ("detect"), `total` > 0 its units.
  Progress(std::string label, int total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` units are finished; `detail` is shown behind the bar.
  void Update(int done, const std::string& detail = {});
  /// More work turned up.
  void Grow(int total) { total_ = total; }

 private:
  [[nodiscard]] std::string Eta(int done) const;

  std::string label_;
  int total_;
  int last_tenth_ = 0;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace fringewatch::cli
