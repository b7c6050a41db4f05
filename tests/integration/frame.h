/// The stack that the integration tests process, and what `fringewatch run` makes of it.
#pragma once

#include <map>
#include <string>

#include "fringewatch/v1/jobs.pb.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::integration {

/// Product path -> SHA-256, from a run folder's manifest.json.
using Products = std::map<std::string, std::string>;
[[nodiscard]] Products ReadManifest(const std::string& run_folder);

/// A simulated frame of nine tiles and some sites; about two seconds of one processor to process.
class Frame {
 public:
  /// Simulates it in a folder of its own.
  Frame(int edge_px, int sites, int seed);
  [[nodiscard]] std::string source() const { return folder_ / "source"; }
  /// What the one-process mode makes of it, with the options of Request(). Worked out once.
  [[nodiscard]] const Products& products();
  [[nodiscard]] std::string run_folder() const { return folder_ / "run"; }

 private:
  TemporaryFolder folder_;
  Products products_;
};

/// The frame that most tests share.
[[nodiscard]] Frame& TheFrame();

inline constexpr int kTilePx = 128, kHaloPx = 64;
/// A fresh request for `source`.
[[nodiscard]] v1::SubmitTrackRequest Request(const std::string& source);

}  // namespace fringewatch::integration
