#include "common/stack/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fringewatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Track Ordinary() {
  Track track;
  track.grid.spacing_x_m = track.grid.spacing_y_m = 30.0;
  track.wavelength_m = 0.0555;
  for (int i = 0; i < 8; ++i) track.pairs.push_back({Date{18000 + 12 * i}, Date{18012 + 12 * i}});
  return track;
}

TEST(Envelope, HoldsOrdinaryStacksAndUnknownThings) {
  EXPECT_THAT(OutsideEnvelope(Ordinary()), IsEmpty());
  Track unknown = Ordinary();
  unknown.grid.spacing_x_m = unknown.grid.spacing_y_m = 0.0;
  unknown.wavelength_m = 0.0;
  EXPECT_THAT(OutsideEnvelope(unknown), IsEmpty());
}

TEST(Envelope, NamesEverythingThatLiesOutside) {
  Track odd = Ordinary();
  odd.grid.spacing_x_m = 250.0;
  odd.wavelength_m = 0.9;
  odd.pairs = {{Date{18000}, Date{18400}}, {Date{18000}, Date{18100}}};
  EXPECT_THAT(OutsideEnvelope(odd),
              ElementsAre(HasSubstr("250 m"), HasSubstr("0.9 m"), HasSubstr("than 100 days"), HasSubstr("2 pairs")));
  for (const std::string& reason : OutsideEnvelope(odd)) EXPECT_THAT(reason, ::testing::StartsWith("Unsure:"));
  EXPECT_THAT(OutsideEnvelope(Acquisition{.spacing_m = 3.0}), ElementsAre(HasSubstr("3 m")));
}

}  // namespace
}  // namespace fringewatch
