#include "common/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/retry.h"
#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Fault kAllFaults[] = {Fault::kGridMismatch,
                                Fault::kGapTooLong,
                                Fault::kWavelengthMissing,
                                Fault::kSignContradiction,
                                Fault::kReferenceMasked,
                                Fault::kStackEmpty,
                                Fault::kBadDate,
                                Fault::kNoValidPixels,
                                Fault::kCoherenceMissing,
                                Fault::kBadOption,
                                Fault::kFormatUnknown,
                                Fault::kInputRejected,
                                Fault::kRasterTruncated,
                                Fault::kChecksumMismatch,
                                Fault::kNotReadable,
                                Fault::kNotWritable,
                                Fault::kOutOfMemory,
                                Fault::kDeadline,
                                Fault::kModelRefused,
                                Fault::kInterrupted,
                                Fault::kInternal,
                                Fault::kLeaseLost,
                                Fault::kQuota};

TEST(Status, EveryFaultStartsWithItsNumberAndItsOwnTitle) {
  std::set<std::string> titles;
  for (const Fault fault : kAllFaults) {
    const std::string message = MessageOf(Error(fault, "{} is {}", "x", 3));
    const std::string number = fmt::format("FW-{} ", static_cast<int>(fault));
    ASSERT_THAT(message, StartsWith(number));
    EXPECT_THAT(message, testing::EndsWith(": x is 3"));
    titles.insert(message.substr(number.size()));
    EXPECT_EQ(Error(fault, "x").code(), CodeOf(fault));
    EXPECT_NE(CodeOf(fault), StatusCode::kOk);
  }
  EXPECT_EQ(titles.size(), std::size(kAllFaults));
}

TEST(Status, AnnotatePrependsAndKeepsTheCode) {
  const Status status = Annotate(Annotate(Error(Fault::kRasterTruncated, "a.tif"), "pair 3"), "tile t7");
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(MessageOf(status), StartsWith("tile t7: pair 3: FW-2001 raster truncated: a.tif"));
  EXPECT_TRUE(Annotate({}, "tile").ok());
}

TEST(Status, OnlyPassingFailuresAreRetried) {
  EXPECT_TRUE(IsRetryable(Error(Fault::kOutOfMemory, "x")));
  EXPECT_TRUE(IsRetryable(Error(Fault::kDeadline, "x")));
  EXPECT_TRUE(IsRetryable(Error(Fault::kLeaseLost, "x")));
  EXPECT_TRUE(IsRetryable(Status(StatusCode::kUnavailable, "x")));
  EXPECT_FALSE(IsRetryable({}));
  for (const Fault fault : {Fault::kRasterTruncated, Fault::kBadOption, Fault::kInternal, Fault::kModelRefused,
                            Fault::kInterrupted, Fault::kNotWritable}) {
    EXPECT_FALSE(IsRetryable(Error(fault, "x"))) << static_cast<int>(fault);
  }
}

TEST(Problems, AreReportedAllAtOnce) {
  Problems problems;
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(problems.ToStatus("stack").ok());
  problems.Add(Fault::kWavelengthMissing, "no metadata");
  EXPECT_THAT(problems.ToStatus("stack"), IsFault(Fault::kWavelengthMissing));
  EXPECT_THAT(MessageOf(problems.ToStatus("stack")), StartsWith("stack: FW-1003"));
  problems.Add(Fault::kBadDate, "x_2018.tif");
  EXPECT_EQ(problems.size(), 2u);
  const Status status = problems.ToStatus("stack");
  EXPECT_EQ(status.code(), CodeOf(Fault::kWavelengthMissing));
  EXPECT_THAT(MessageOf(status),
              testing::AllOf(HasSubstr("2 problems"), HasSubstr("\n  FW-1003"), HasSubstr("no metadata"),
                             HasSubstr("\n  FW-1007"), HasSubstr("x_2018.tif")));
}

StatusOr<int> Half(int value) {
  if (value % 2 != 0) return Error(Fault::kBadOption, "{} is odd", value);
  return value / 2;
}
StatusOr<int> Quarter(int value) {
  FW_ASSIGN_OR_RETURN(const int half, Half(value));
  FW_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}
Status CheckQuarter(int value) {
  FW_RETURN_IF_ERROR(Quarter(value).status());
  return {};
}

TEST(Status, MacrosReturnTheFirstFailure) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_THAT(MessageOf(Quarter(6).status()), HasSubstr("3 is odd"));
  EXPECT_THAT(CheckQuarter(8), IsOk());
  EXPECT_THAT(CheckQuarter(7), IsFault(Fault::kBadOption));
}

}  // namespace
}  // namespace fringewatch
