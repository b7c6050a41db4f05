/// What a run states about itself: run.json (what was asked, of what, with what) and manifest.json (what came out).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/results/core/inventory.h"

namespace fringewatch::results {

/// A product as it lies in the run folder.
struct ProductFile {
  std::string path;  ///< relative to the run folder
  std::string sha256;
  uint64_t bytes = 0;
};

/// The request, the resolved track, version, device and model hashes, as JSON text. No clock.
[[nodiscard]] std::string RunJson(const Track& track, const RunFacts& facts);

/// Every product with its hash, every input with its verdict and reason, what was avoided, what failed and why, as
/// JSON text. No clock: equal runs have equal manifests.
[[nodiscard]] std::string ManifestJson(const Track& track, const RunFacts& facts, const Inventory& inventory,
                                       const std::vector<ProductFile>& products);

}  // namespace fringewatch::results
