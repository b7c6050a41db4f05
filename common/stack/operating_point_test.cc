#include "common/stack/operating_point.h"

#include <gmock/gmock.h>

#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

using testing::HasSubstr;

const std::vector<OperatingPoint> kMeasured = {{0.3, 0.8, 1.0}, {0.5, 0.2, 0.99}, {0.9, 0.05, 0.9}};

TEST(ThresholdFor, IsTheLeastThatRaisesNoMore) {
  EXPECT_EQ(ThresholdFor(1000, kMeasured).value(), 0.3);
  EXPECT_EQ(ThresholdFor(0.79, kMeasured).value(), 0.5);
  EXPECT_EQ(ThresholdFor(0.2, kMeasured).value(), 0.5);
  EXPECT_EQ(ThresholdFor(0.05, kMeasured).value(), 0.9);
}

TEST(ThresholdFor, PromisesNothingThatWasNotMeasured) {
  const Status fewer = ThresholdFor(0.01, kMeasured).status();
  EXPECT_THAT(fewer, IsFault(Fault::kBadOption));
  EXPECT_THAT(MessageOf(fewer), HasSubstr("0.05"));
  // What is printed can be asked for, so it is rounded up.
  const std::vector<OperatingPoint> measured = {{0.9, 0.020868147, 1.0}};
  EXPECT_THAT(MessageOf(ThresholdFor(0.01, measured).status()), HasSubstr("0.021 (at"));
  EXPECT_EQ(ThresholdFor(0.021, measured).value(), 0.9);
  EXPECT_THAT(ThresholdFor(1, {}), IsFault(Fault::kBadOption));
}

}  // namespace
}  // namespace fringewatch
