#include "common/io/sign_check.h"

#include <gtest/gtest.h>

#include "common/base/random.h"
#include "common/io/sensor_table.h"

namespace fringewatch::io {
namespace {

using Samples = std::vector<std::complex<float>>;

// Pairs of four dates, all of them, each pixel with its own phase per date.
struct Stack {
  std::vector<Pair> pairs;
  std::vector<Samples> samples;
};

Stack FourDates(double spread_rad, double noise_rad) {
  constexpr uint64_t kSeed = 7;
  Stack stack;
  for (int i = 0; i < 4; ++i) {
    for (int j = i + 1; j < 4; ++j) {
      stack.pairs.push_back({Date{12 * i}, Date{12 * j}});
      Samples pixels;
      for (int p = 0; p < 500; ++p) {
        KeyedRandom first(HashKeys(kSeed, i, p)), second(HashKeys(kSeed, j, p)), own(HashKeys(kSeed, i, j, p, 9));
        const double phase = spread_rad * (second.Normal() - first.Normal()) + noise_rad * own.Normal() + 0.3 * i;
        pixels.push_back(std::polar(1.0f, static_cast<float>(phase)));
      }
      stack.samples.push_back(std::move(pixels));
    }
  }
  return stack;
}

void Negate(Samples& samples) {
  for (auto& sample : samples) sample = std::conj(sample);
}

TEST(SignCheck, ConsistentStackAgrees) {
  const Stack stack = FourDates(2.0, 0.1);
  for (const SignVote& vote : CheckSignsByClosure(BuildNetwork(stack.pairs), stack.samples)) {
    EXPECT_EQ(vote.agreeing, 2);
    EXPECT_EQ(vote.opposing, 0);
  }
}

TEST(SignCheck, EachSingleFlipIsFound) {
  for (size_t flipped = 0; flipped < 6; ++flipped) {
    Stack stack = FourDates(2.0, 0.1);
    Negate(stack.samples[flipped]);
    const auto votes = CheckSignsByClosure(BuildNetwork(stack.pairs), stack.samples);
    for (size_t p = 0; p < votes.size(); ++p) {
      EXPECT_EQ(votes[p].opposing, p == flipped ? 2 : 0) << p;
      if (p == flipped) {
        EXPECT_EQ(votes[p].agreeing, 0);
      }
    }
  }
}

TEST(SignCheck, SmoothOrNoisyStacksAreNotJudged) {
  for (const Stack& stack : {FourDates(0.02, 0.0), FourDates(2.0, 3.0)}) {
    for (const SignVote& vote : CheckSignsByClosure(BuildNetwork(stack.pairs), stack.samples)) {
      EXPECT_EQ(vote.agreeing, 0);
      EXPECT_EQ(vote.opposing, 0);
    }
  }
}

TEST(SensorTable, NamesAndWavelengths) {
  for (const char* name : {"S1", "sen", "Sentinel-1", "S1A", "sentinel1"}) {
    const auto sensor = FindSensor(name);
    ASSERT_TRUE(sensor.has_value()) << name;
    EXPECT_NEAR(sensor->Wavelength_m(), 0.055465763, 1e-8) << name;
  }
  EXPECT_NEAR(FindSensor("ALOS-2")->Wavelength_m(), 0.2384, 1e-4);
  EXPECT_NEAR(FindSensor("tsx")->frequency_hz, 9.65e9, 1.0);
  EXPECT_FALSE(FindSensor("hubble").has_value());
  EXPECT_FALSE(FindSensor("").has_value());
}

}  // namespace
}  // namespace fringewatch::io
