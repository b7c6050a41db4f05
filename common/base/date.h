/// Calendar dates of acquisitions, as whole days (UTC).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace fringewatch {

/// A day, counted from 1970-01-01 (proleptic Gregorian calendar). Differences are days.
struct Date {
  int32_t days_since_1970 = 0;
  auto operator<=>(const Date&) const = default;

  /// "20180106".
  [[nodiscard]] std::string Compact() const;
  /// "2018-01-06".
  [[nodiscard]] std::string Iso() const;
};

/// Whole days from `a` to `b`; negative when b is earlier.
[[nodiscard]] constexpr int DaysBetween(Date a, Date b) { return b.days_since_1970 - a.days_since_1970; }

/// Date of a calendar day. \error kBadDate when the day does not exist (2019-02-29).
[[nodiscard]] StatusOr<Date> MakeDate(int year, int month, int day);

/// Reads YYYYMMDD, YYMMDD (70 to 99 = 19xx, else 20xx), YYYY-MM-DD, or any of these followed by `T...`.
/// \error kBadDate with the text and the accepted forms.
[[nodiscard]] StatusOr<Date> ParseDate(std::string_view text);

}  // namespace fringewatch
