#include "common/wire/page_token.h"

#include <gtest/gtest.h>

#include "common/wire/message_text.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::wire {
namespace {

using Position = std::vector<std::string>;

TEST(PageToken, GivesBackThePosition) {
  const Position position = {"2026-11-21T10:00:00.000Z", "FW-é\"\\", ""};
  EXPECT_EQ(ReadPageToken("runs", MakePageToken("runs", position), 3).value(), position);
  EXPECT_EQ(ReadPageToken("runs", "", 3).value(), Position());
}

TEST(PageToken, OfAnotherListOrMadeUpIsRefused) {
  const std::string token = MakePageToken("runs of A", {"x"});
  EXPECT_THAT(ReadPageToken("runs of B", token, 1), IsFault(Fault::kPageGone));
  for (const std::string& bad : {token.substr(0, 16), token + "00", std::string("zz"), std::string(4000, 'f')}) {
    EXPECT_THAT(ReadPageToken("runs of A", bad, 1), IsFault(Fault::kPageGone)) << bad;
  }
}

TEST(PageToken, HasThePartsThatItsReaderAsksFor) {
  // The seal has no key: every client can put it on what it likes.
  for (const Position& forged : {Position{}, Position{"x"}, Position{"x", "y", "z"}}) {
    EXPECT_THAT(ReadPageToken("runs", MakePageToken("runs", forged), 2), IsFault(Fault::kPageGone)) << forged.size();
  }
}

TEST(PageToken, PagesHave1To1000Items) {
  EXPECT_EQ(PageSize(0).value(), 50U);
  EXPECT_EQ(PageSize(1000).value(), 1000U);
  EXPECT_THAT(PageSize(1001), IsFault(Fault::kBadOption));
  EXPECT_THAT(PageSize(-1), IsFault(Fault::kBadOption));
}

TEST(MessageText, IsAlwaysUtf8) {
  EXPECT_EQ(MessageText("päckchen"), "päckchen");
  EXPECT_EQ(MessageText("a\xff"
                        "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(MessageText("abcdef", 3), "abc ... (cut)");
  EXPECT_EQ(MessageText("ab\xc3\xa4", 3), "ab\xef\xbf\xbd ... (cut)");
}

}  // namespace
}  // namespace fringewatch::wire
