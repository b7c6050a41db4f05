#include "common/base/utc_text.h"

#include <gtest/gtest.h>

namespace fringewatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

TEST(UtcText, CountsMilliseconds) {
  EXPECT_EQ(UtcText(system_clock::time_point(milliseconds(1'000'000'000'007))), "2001-09-09T01:46:40.007Z");
  EXPECT_EQ(UtcText(system_clock::time_point()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(UtcText(system_clock::time_point(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace fringewatch
