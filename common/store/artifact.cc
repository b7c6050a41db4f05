#include "common/store/artifact.h"

#include "common/base/hash.h"

namespace fringewatch {
namespace {

constexpr std::string_view kMagic = "fringewatch-artifact sha256 ";
constexpr size_t kHashSize = 64;
constexpr size_t kHeaderSize = kMagic.size() + kHashSize + 1;

}  // namespace

std::string ArtifactHeader(std::string_view content) { return fmt::format("{}{}\n", kMagic, Sha256(content)); }

StatusOr<std::string> ArtifactContent(std::string artifact, std::string_view where) {
  if (artifact.size() < kHeaderSize || !artifact.starts_with(kMagic)) {
    return Error(Fault::kChecksumMismatch, "artifact {}: no header; delete it and run again", where);
  }
  const std::string expected = artifact.substr(kMagic.size(), kHashSize);
  artifact.erase(0, kHeaderSize);
  if (const std::string found = Sha256(artifact); found != expected) {
    return Error(Fault::kChecksumMismatch, "artifact {}: sha256 {} where {} was written; delete it and run again",
                 where, found, expected);
  }
  return artifact;
}

}  // namespace fringewatch
