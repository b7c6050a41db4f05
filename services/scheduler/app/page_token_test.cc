#include "services/scheduler/app/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace fringewatch::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PageToken, CarriesAPosition) {
  const std::string token = MakePageToken("runs", {"2026", "a\"\n"});
  EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_THAT(ReadPageToken("runs", token).value(), ElementsAre("2026", "a\"\n"));
  EXPECT_THAT(ReadPageToken("runs", "").value(), IsEmpty());
}

TEST(PageToken, ForeignOnesAreRefused) {
  const std::string token = MakePageToken("runs", {"2026", "a"});
  EXPECT_THAT(ReadPageToken("runs of x", token), IsFault(Fault::kPageGone));
  std::string changed = token;
  changed.back() = changed.back() == '0' ? '1' : '0';
  for (const std::string& wrong : {changed, std::string("7"), std::string("made up"), std::string(5000, 'f'),
                                   token.substr(0, token.size() - 1), token + "00", std::string("\xff\xfe")}) {
    EXPECT_THAT(ReadPageToken("runs", wrong), IsFault(Fault::kPageGone)) << wrong;
  }
}

TEST(PageSize, HasADefaultAndLimits) {
  EXPECT_EQ(PageSize(0).value(), 50u);
  EXPECT_EQ(PageSize(1).value(), 1u);
  EXPECT_EQ(PageSize(1000).value(), 1000u);
  EXPECT_THAT(PageSize(1001), IsFault(Fault::kBadOption));
  EXPECT_THAT(PageSize(-1), IsFault(Fault::kBadOption));
}

}  // namespace
}  // namespace fringewatch::scheduler
