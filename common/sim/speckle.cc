#include "common/sim/speckle.h"

#include <algorithm>

namespace fringewatch::sim {
namespace {

/// Uniform in (0, 1), 24 bits.
float UniformFloat(uint64_t bits) { return (static_cast<float>(bits >> 40) + 0.5f) * 0x1.0p-24f; }

struct NormalPair {
  float a, b;
};

/// Two independent standard normal values (Box-Muller).
NormalPair Normals(KeyedRandom& random) {
  const uint64_t bits = random.Next();
  const float radius = std::sqrt(-2.0f * std::log(UniformFloat(bits)));
  const float angle = static_cast<float>(kTwoPi) * UniformFloat(bits << 24);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

float GammaSampler::operator()(float normal, KeyedRandom& random) const {
  for (float x = normal;; x = Normals(random).a) {
    const float root = 1.0f + c_ * x;
    if (root <= 0.0f) continue;
    const float v = root * root * root, u = UniformFloat(random.Next()), x2 = x * x;
    if (u >= 1.0f - 0.0331f * x2 * x2 && std::log(u) >= 0.5f * x2 + d_ * (1.0f - v + std::log(v))) continue;
    return boost_ == 0.0f ? d_ * v : d_ * v * std::pow(UniformFloat(random.Next()), boost_);
  }
}

Speckle SpeckleSampler::operator()(float coherence, uint64_t key) const {
  KeyedRandom random(key);
  const NormalPair t21 = Normals(random), first = Normals(random);
  const float t11 = std::sqrt(t11_(first.a, random)), t22_squared = t22_(first.b, random);
  const float s2 = std::max(0.0f, 1.0f - coherence * coherence), s = std::sqrt(0.5f * s2);
  const float re = coherence * t11 + s * t21.a, im = s * t21.b, power = re * re + im * im;
  return {std::atan2(im, re), std::sqrt(power / (power + s2 * t22_squared))};
}

}  // namespace fringewatch::sim
