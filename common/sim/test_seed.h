/// The seed of a test program: FRINGEWATCH_TEST_SEED, else the given one; printed once.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace fringewatch::sim {

inline uint64_t TestSeed(uint64_t otherwise) {
  const char* given = std::getenv("FRINGEWATCH_TEST_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : otherwise;
  std::printf("FRINGEWATCH_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace fringewatch::sim
