/// The seed of a test: FRINGEWATCH_SEED from the environment, else the test's own; printed, so that a failure can be
/// repeated.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace fringewatch {

inline uint64_t TestSeed(uint64_t standard) {
  const char* given = std::getenv("FRINGEWATCH_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : standard;
  std::printf("FRINGEWATCH_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace fringewatch
