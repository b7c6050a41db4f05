#include "common/base/date.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

TEST(Date, CountsDaysFromTheEpoch) {
  EXPECT_EQ(MakeDate(1970, 1, 1)->days_since_1970, 0);
  EXPECT_EQ(MakeDate(1969, 12, 31)->days_since_1970, -1);
  EXPECT_EQ(MakeDate(2000, 3, 1)->days_since_1970, 11017);
  EXPECT_EQ(DaysBetween(*MakeDate(2018, 1, 6), *MakeDate(2018, 1, 18)), 12);
  EXPECT_EQ(DaysBetween(*MakeDate(2018, 1, 18), *MakeDate(2018, 1, 6)), -12);
}

TEST(Date, KnowsLeapYears) {
  EXPECT_EQ(DaysBetween(*MakeDate(2016, 2, 28), *MakeDate(2016, 3, 1)), 2);
  EXPECT_EQ(DaysBetween(*MakeDate(2015, 2, 28), *MakeDate(2015, 3, 1)), 1);
  EXPECT_EQ(DaysBetween(*MakeDate(2000, 2, 28), *MakeDate(2000, 3, 1)), 2);  // divisible by 400
  EXPECT_THAT(MakeDate(2019, 2, 29), IsFault(Fault::kBadDate));
  EXPECT_THAT(MakeDate(1900, 2, 29), IsFault(Fault::kBadDate));  // divisible by 100 only
  EXPECT_THAT(MakeDate(2000, 2, 29), IsOk());
}

TEST(Date, RefusesDaysThatDoNotExist) {
  for (const auto [year, month, day] :
       {std::array{2020, 0, 1}, {2020, 13, 1}, {2020, 1, 0}, {2020, 4, 31}, {2020, -1, -1}}) {
    EXPECT_THAT(MakeDate(year, month, day), IsFault(Fault::kBadDate)) << year << " " << month << " " << day;
  }
}

TEST(Date, ReadsEveryFormInUse) {
  const Date expected = *MakeDate(2018, 1, 6);
  for (const char* text : {"20180106", "180106", "2018-01-06", "20180106T061533", "2018-01-06T06:15:33Z"}) {
    const auto date = ParseDate(text);
    ASSERT_THAT(date, IsOk()) << text;
    EXPECT_EQ(*date, expected) << text;
  }
  EXPECT_EQ(*ParseDate("951231"), *MakeDate(1995, 12, 31));
  EXPECT_EQ(*ParseDate("700101"), *MakeDate(1970, 1, 1));
  EXPECT_EQ(*ParseDate("691231"), *MakeDate(2069, 12, 31));
}

TEST(Date, RefusesEverythingElse) {
  for (const char* text : {"", "T", "2018", "2018010", "201801066", "2018/01/06", "2018-1-6", "-20180106", "2018o106",
                           "20180230", "20181301", "00000000", " 20180106"}) {
    const auto date = ParseDate(text);
    EXPECT_THAT(date, IsFault(Fault::kBadDate)) << "'" << text << "'";
    EXPECT_NE(MessageOf(date.status()).find(std::string("'") + text + "'"), std::string::npos);
  }
}

TEST(Date, PrintsWhatItReads) {
  for (int day = -800; day < 40'000; day += 13) {
    const Date date{day};
    EXPECT_EQ(*ParseDate(date.Compact()), date);
    EXPECT_EQ(*ParseDate(date.Iso()), date);
  }
  EXPECT_EQ(MakeDate(2018, 1, 6)->Compact(), "20180106");
  EXPECT_EQ(MakeDate(2018, 1, 6)->Iso(), "2018-01-06");
}

}  // namespace
}  // namespace fringewatch
