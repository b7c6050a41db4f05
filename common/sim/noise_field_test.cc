#include "common/sim/noise_field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <map>

#include "common/base/random.h"
#include "tests/support/seed.h"

namespace fringewatch::sim {
namespace {

const uint64_t kSeed = TestSeed(4711);
constexpr int kLowest = 6, kHighest = 32;  // wave numbers over 384 pixels: wavelengths from 64 to 12 pixels

/// Adds the radial power spectrum (by whole wave number) of a square field, tapered by a Hann window.
void AddSpectrum(const Array2<float>& field, std::map<int, std::pair<double, long>>& spectrum) {
  using Complex = std::complex<double>;
  const int n = field.rows;
  std::vector<Complex> turn(n);
  std::vector<double> hann(n);
  for (int i = 0; i < n; ++i) {
    turn[i] = std::polar(1.0, -kTwoPi * i / n);
    hann[i] = 0.5 - 0.5 * std::cos(kTwoPi * (i + 0.5) / n);
  }
  Array2<Complex> along_rows(n, n);
  for (int r = 0; r < n; ++r) {
    for (int k = 0; k < n; ++k) {
      if (k > kHighest && k < n - kHighest) continue;
      Complex sum = 0.0;
      for (int c = 0, at = 0; c < n; ++c, at = (at + k) % n) sum += hann[c] * field(r, c) * turn[at];
      along_rows(r, k) = hann[r] * sum;
    }
  }
  for (int kr = -kHighest; kr <= kHighest; ++kr) {
    for (int kc = -kHighest; kc <= kHighest; ++kc) {
      Complex sum = 0.0;
      for (int r = 0; r < n; ++r) sum += along_rows(r, (kc + n) % n) * turn[(kr + n) % n * r % n];
      auto& [power, count] = spectrum[static_cast<int>(std::lround(std::hypot(kr, kc)))];
      power += std::norm(sum);
      ++count;
    }
  }
}

double SpectralSlope(double hurst, const PowerLawField::Knee& knee = {}) {
  constexpr int kSize = 384;
  std::map<int, std::pair<double, long>> spectrum;
  for (uint64_t i = 0; i < 10; ++i) {
    AddSpectrum(PowerLawField(HashKeys(kSeed, i), 128.0, 1.0, hurst, 1.0, knee).Over({0, 0, kSize, kSize}), spectrum);
  }
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (int k = kLowest; k <= kHighest; ++k) {
    const double log_k = std::log(k), log_p = std::log(spectrum[k].first / static_cast<double>(spectrum[k].second));
    const double weight = 1.0 / k;  // every octave counts the same
    n += weight, x += weight * log_k, y += weight * log_p, xx += weight * log_k * log_k, xy += weight * log_k * log_p;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

TEST(NormalOfBits, HasMomentsOfANormal) {
  KeyedRandom random(kSeed);
  double m1 = 0, m2 = 0, m4 = 0;
  constexpr int kDraws = 400000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = NormalOfBits(random.Next());
    m1 += x, m2 += x * x, m4 += x * x * x * x;
  }
  EXPECT_NEAR(m1 / kDraws, 0.0, 0.01);
  EXPECT_NEAR(m2 / kDraws, 1.0, 0.01);
  EXPECT_NEAR(m4 / kDraws, 2.85, 0.05);
}

TEST(PowerLawField, SpectrumOfTurbulenceFallsAsMinusEightThirds) {
  EXPECT_NEAR(SpectralSlope(1.0 / 3.0), -8.0 / 3.0, 0.15);
}

TEST(PowerLawField, SpectrumFollowsTheExponent) { EXPECT_NEAR(SpectralSlope(0.8), -3.6, 0.15); }

TEST(PowerLawField, SpectrumBelowTheKneeHasItsOwnExponent) {
  EXPECT_NEAR(SpectralSlope(1.0 / 3.0, {1000.0, 5.0 / 6.0}), -11.0 / 3.0, 0.15);
}

TEST(PowerLawField, AKneeLeavesTheStandardDeviation) {
  double squares = 0.0;
  constexpr int kFields = 60;
  for (uint64_t i = 0; i < kFields; ++i) {
    const Array2<float> field =
        PowerLawField(HashKeys(kSeed, i), 32.0, 1.0, 1.0 / 3.0, 1.7, {8.0, 5.0 / 6.0}).Over({0, 0, 128, 128});
    for (const float value : field.values) squares += value * value / (kFields * 128.0 * 128.0);
  }
  EXPECT_NEAR(std::sqrt(squares), 1.7, 0.1);
}

TEST(PowerLawField, StructureFunctionGrowsAsTwoThirds) {
  // Kolmogorov in two dimensions: D(r) = a r^(2/3) - b far below the outer scale, where b is what the field lacks
  // below its inner scale.
  const int lags[3] = {8, 24, 72};
  double d[3] = {};
  for (uint64_t i = 0; i < 150; ++i) {
    const Array2<float> field = PowerLawField(HashKeys(kSeed, i), 4000.0, 1.0, 1.0 / 3.0, 1.0).Over({0, 0, 256, 256});
    for (int r = 0; r < 256; ++r) {
      for (int c = 0; c + lags[2] < 256; ++c) {
        for (int l = 0; l < 3; ++l) d[l] += std::pow(field(r, c + lags[l]) - field(r, c), 2);
      }
    }
  }
  EXPECT_NEAR(std::log((d[2] - d[1]) / (d[1] - d[0])) / std::log(3.0), 2.0 / 3.0, 0.08);
}

TEST(PowerLawField, HasItsStandardDeviation) {
  double squares = 0.0;
  for (uint64_t i = 0; i < 200; ++i) {
    const Array2<float> field = PowerLawField(HashKeys(kSeed, i), 16.0, 2.0, 1.0 / 3.0, 1.7).Over({0, 0, 128, 128});
    for (const float v : field.values) squares += static_cast<double>(v) * v;
  }
  EXPECT_NEAR(std::sqrt(squares / (200.0 * 128.0 * 128.0)), 1.7, 0.06);
}

TEST(Fields, AreTheSameThroughAnyWindowAndOutsideTheFrame) {
  const PowerLawField turbulence(kSeed, 64.0, 1.5, 1.0 / 3.0, 1.0);
  const PerlinField perlin(kSeed, 40.0, 5, 0.8, 1.0);
  const Window wide{-37, -61, 190, 211};
  Array2<float> whole = turbulence.Over(wide);
  perlin.AddTo(wide, whole);
  KeyedRandom random(kSeed);
  for (int i = 0; i < 30; ++i) {
    Window window{random.Integer(wide.row0, wide.row1() - 1), random.Integer(wide.col0, wide.col1() - 1), 1, 1};
    window.rows = random.Integer(1, wide.row1() - window.row0);
    window.cols = random.Integer(1, wide.col1() - window.col0);
    Array2<float> part = turbulence.Over(window);
    perlin.AddTo(window, part);
    EXPECT_EQ(part.values,
              Crop(whole, {window.row0 - wide.row0, window.col0 - wide.col0, window.rows, window.cols}).values);
  }
}

TEST(PerlinField, StaysNearItsAmplitude) {
  float most = 0.0f;
  for (uint64_t i = 0; i < 30; ++i) {
    Array2<float> field(160, 160);
    PerlinField(HashKeys(kSeed, i), 30.0, 5, 0.7, 2.0).AddTo({0, 0, 160, 160}, field);
    for (const float v : field.values) most = std::max(most, std::abs(v));
  }
  EXPECT_GT(most, 1.0f);
  EXPECT_LT(most, 2.4f);
}

}  // namespace
}  // namespace fringewatch::sim
