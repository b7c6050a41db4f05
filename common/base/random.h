/// Counter-based random numbers: a value is a pure function of (seed, stream, counter).
///
/// A scene is the same whatever the tiling, because each pixel draws from its own counter. The mixer is
/// the 64-bit finaliser of SplitMix64 (Steele, Lea, Flood 2014), applied to each key in turn.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/base/units.h"

namespace fringewatch {

[[nodiscard]] constexpr uint64_t Mix64(uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// Hash of several keys, order matters.
template <typename... K>
[[nodiscard]] constexpr uint64_t HashKeys(uint64_t first, K... rest) {
  uint64_t h = Mix64(first);
  ((h = Mix64(h ^ static_cast<uint64_t>(rest))), ...);
  return h;
}

/// A small generator started from a key: cheap to make, one per pixel, site or sample.
class KeyedRandom {
 public:
  explicit constexpr KeyedRandom(uint64_t key) : state_(key) {}
  [[nodiscard]] constexpr uint64_t Next() { return Mix64(state_++ * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL); }
  /// Uniform in [0, 1).
  [[nodiscard]] constexpr double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  [[nodiscard]] constexpr double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  /// Uniform in the logarithm, low and high > 0.
  [[nodiscard]] double LogUniform(double low, double high) { return low * std::pow(high / low, Uniform()); }
  /// Integer in [low, high].
  [[nodiscard]] constexpr int Integer(int low, int high) {
    return low + static_cast<int>(Uniform() * static_cast<double>(high - low + 1));
  }
  [[nodiscard]] constexpr bool Chance(double probability) { return Uniform() < probability; }
  /// Standard normal (Box-Muller, one of the two values).
  [[nodiscard]] double Normal() {
    const double u = 1.0 - Uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(kTwoPi * Uniform());
  }

 private:
  uint64_t state_;
};

}  // namespace fringewatch
