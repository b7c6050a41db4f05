#include "common/base/date.h"

#include <algorithm>
#include <chrono>

namespace fringewatch {
namespace {

std::chrono::year_month_day Civil(Date date) {
  return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(date.days_since_1970)));
}

}  // namespace

std::string Date::Compact() const {
  const auto ymd = Civil(*this);
  return fmt::format("{:04}{:02}{:02}", int(ymd.year()), unsigned(ymd.month()), unsigned(ymd.day()));
}

std::string Date::Iso() const {
  const auto ymd = Civil(*this);
  return fmt::format("{:04}-{:02}-{:02}", int(ymd.year()), unsigned(ymd.month()), unsigned(ymd.day()));
}

StatusOr<Date> MakeDate(int year, int month, int day) {
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(unsigned(month)),
                                        std::chrono::day(unsigned(day))};
  if (month < 1 || day < 1 || !ymd.ok()) {
    return Error(Fault::kBadDate, "{:04}-{:02}-{:02} is not a day of the calendar", year, month, day);
  }
  return Date{static_cast<int32_t>(std::chrono::sys_days(ymd).time_since_epoch().count())};
}

StatusOr<Date> ParseDate(std::string_view text) {
  std::string digits(text.substr(0, text.find('T')));
  if (digits.size() == 10 && digits[4] == '-' && digits[7] == '-') std::erase(digits, '-');
  const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || (digits.size() != 8 && digits.size() != 6)) {
    return Error(Fault::kBadDate, "'{}' is not YYYYMMDD, YYMMDD or YYYY-MM-DD", text);
  }
  if (digits.size() == 6) digits = (digits[0] >= '7' ? "19" : "20") + digits;
  auto date = MakeDate(std::stoi(digits.substr(0, 4)), std::stoi(digits.substr(4, 2)), std::stoi(digits.substr(6, 2)));
  if (!date.ok()) return Annotate(date.status(), fmt::format("'{}'", text));
  return date;
}

}  // namespace fringewatch
