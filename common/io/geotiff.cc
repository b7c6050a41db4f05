// Any rasters that GDAL reads, named by a pattern such as 'x_{date1}-{date2}_unw.tif' ('*' matches within a name).
#include <algorithm>
#include <set>

#include "common/io/candidate.h"

namespace fringewatch::io {
namespace {

constexpr std::string_view kDate1 = "{date1}", kDate2 = "{date2}";
// Longest form first, so that a date is not cut short.
constexpr std::string_view kDateForms = R"((\d{8}T\d{6}|\d{4}-\d\d-\d\d|\d{8}|\d{7}|\d{6}))";
constexpr std::string_view kAnyText = "(.+?)";

// The pattern as a regular expression with `date` in place of both dates.
std::regex PatternRegex(const std::string& pattern, std::string_view date) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = std::string_view(pattern).substr(i);
    if (rest.starts_with(kDate1) || rest.starts_with(kDate2)) {
      text += date;
      i += kDate1.size() - 1;
    } else if (pattern[i] == '*') {
      text += "[^/]*";
    } else {
      if (std::string_view(R"(\.^$|()[]{}+?)").find(pattern[i]) != std::string_view::npos) text += '\\';
      text += pattern[i];
    }
  }
  // Others may name the pattern: the polynomial matcher takes no exponential time over many asterisks.
  return std::regex(text, std::regex::ECMAScript | std::regex_constants::__polynomial);
}

Status CheckPattern(const std::string& pattern, std::string_view option) {
  const size_t first = pattern.find(kDate1), second = pattern.find(kDate2);
  if (first == std::string::npos || second == std::string::npos || second < first ||
      pattern.find(kDate1, first + 1) != std::string::npos || pattern.find(kDate2, second + 1) != std::string::npos) {
    return Error(Fault::kBadOption,
                 "{} '{}' must hold {{date1}} and then {{date2}}, once each, e.g. 'x_{{date1}}-{{date2}}_unw.tif'",
                 option, pattern);
  }
  return {};
}

// GMTSAR's YYYYDDD counts days from 0: 2020000 is 1 January. Other forms are left as they are.
StatusOr<std::string> WithoutDayOfYear(const std::string& text) {
  if (text.size() != 7 || text.find_first_not_of("0123456789") != std::string::npos) return text;
  const int year = std::stoi(text.substr(0, 4)), day = std::stoi(text.substr(4));
  FW_ASSIGN_OR_RETURN(const Date first, MakeDate(year, 1, 1));
  FW_ASSIGN_OR_RETURN(const Date next, MakeDate(year + 1, 1, 1));
  if (day >= DaysBetween(first, next)) {
    return Error(Fault::kBadDate, "'{}': {} has only {} days (counted from 000)", text, year, DaysBetween(first, next));
  }
  return Date{first.days_since_1970 + day}.Compact();
}

std::string Filled(std::string pattern, const std::string& date1, const std::string& date2) {
  pattern.replace(pattern.find(kDate2), kDate2.size(), date2);
  pattern.replace(pattern.find(kDate1), kDate1.size(), date1);
  return pattern;
}

void AddPair(const SourceFiles& disk, const StackSource& source, const std::string& path, const std::string& text1,
             const std::string& text2, Listing& listing) {
  Candidate candidate;
  candidate.name = BaseName(path);
  const StatusOr<std::string> date1 = WithoutDayOfYear(text1), date2 = WithoutDayOfYear(text2);
  if (!date1.ok() || !date2.ok()) {
    return listing.Reject(path, "phase", date1.ok() ? date2.status() : date1.status());
  }
  if (!listing.SetDates(candidate, *date1, *date2, path)) return;
  if (text1.size() == 7 && listing.candidates.empty()) {
    listing.notes.push_back("7-digit dates are read as GMTSAR's YYYYDDD, days counted from 000");
  }
  candidate.phase.path = path;
  candidate.unwrapped = source.unwrapped;
  candidate.zero_is_missing = source.unwrapped;
  if (!source.coherence_pattern.empty()) {
    const std::string coherence = JoinPath(source.path, Filled(source.coherence_pattern, text1, text2));
    if (disk.FileExists(coherence)) {
      candidate.coherence = RasterSource{coherence};
    } else {
      candidate.coherence_expected = coherence;
    }
  }
  listing.candidates.push_back(std::move(candidate));
}

}  // namespace

StatusOr<Listing> ListGeotiff(const SourceFiles& disk, const StackSource& source) {
  FW_RETURN_IF_ERROR(CheckPattern(source.pattern, "--pattern"));
  if (!source.coherence_pattern.empty()) FW_RETURN_IF_ERROR(CheckPattern(source.coherence_pattern, "--coherence"));
  Listing listing;
  listing.format = "geotiff";
  listing.track_name = BaseName(source.path);
  const std::regex strict = PatternRegex(source.pattern, kDateForms);
  const std::regex loose = PatternRegex(source.pattern, kAnyText);
  const int depth = static_cast<int>(std::count(source.pattern.begin(), source.pattern.end(), '/'));
  const size_t prefix = JoinPath(source.path, "").size();
  std::vector<std::string> others;
  for (const std::string& path : disk.FilesBelow(source.path, depth)) {
    const std::string relative = path.substr(prefix);
    std::smatch dates;
    if (std::regex_match(relative, dates, strict) || std::regex_match(relative, dates, loose)) {
      AddPair(disk, source, path, dates[1], dates[2], listing);
    } else {
      others.push_back(path);
    }
  }
  std::set<std::string> used = {source.height_path};
  for (const Candidate& candidate : listing.candidates) {
    if (candidate.coherence) used.insert(candidate.coherence->path);
  }
  const auto unused =
      std::count_if(others.begin(), others.end(), [&](const auto& path) { return !used.contains(path); });
  if (unused > 0) listing.notes.push_back(fmt::format("{} other files do not match '{}'", unused, source.pattern));
  return listing;
}

}  // namespace fringewatch::io
