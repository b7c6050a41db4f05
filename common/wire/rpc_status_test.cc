#include "common/wire/rpc_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/status.pb.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::wire {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(RpcStatusTest, CodeAndMessageComeBackAsTheyWere) {
  for (int code = 1; code <= 16; ++code) {
    const Status status(static_cast<StatusCode>(code), "tile 7: FW-2001 raster truncated:\n \"Zürich\" 100 %");
    EXPECT_EQ(FromRpcStatus(ToRpcStatus(status)), status);
    EXPECT_EQ(static_cast<int>(ToRpcStatus(status).error_code()), code);
  }
  EXPECT_TRUE(ToRpcStatus(Status()).ok());
  EXPECT_THAT(FromRpcStatus(grpc::Status()), IsOk());
}

TEST(RpcStatusTest, TheDetailsAreAGoogleRpcStatus) {
  google::rpc::Status full;
  ASSERT_TRUE(full.ParseFromString(ToRpcStatus(Error(Fault::kUnknownName, "run x")).error_details()));
  EXPECT_EQ(full.code(), 5);
  EXPECT_EQ(full.message(), "FW-1014 unknown name: run x");
  ASSERT_EQ(full.details_size(), 1);
  EXPECT_EQ(full.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
}

TEST(RpcStatusTest, TheReasonTravelsInErrorInfo) {
  const RpcDetails details = DetailsOf(ToRpcStatus(Error(Fault::kWrongState, "x")));
  EXPECT_EQ(details.reason, "FW-1016");
  EXPECT_EQ(details.retry_after.count(), 0);
  EXPECT_EQ(ReasonOf(Status(StatusCode::kInternal, "FW-12 and FW-12345 and FW-1003x")), "FW-1003");
  EXPECT_EQ(ReasonOf(Status(StatusCode::kInternal, "nothing")), "");
}

TEST(RpcStatusTest, EveryProblemIsAViolation) {
  Problems problems;
  problems.Add(Fault::kGridMismatch, "a.tif");
  problems.Add(Fault::kWavelengthMissing, "b.tif");
  const RpcDetails details = DetailsOf(ToRpcStatus(problems.ToStatus("track 5")));
  EXPECT_THAT(details.violations, ElementsAre("FW-1001 grid mismatch: a.tif", "FW-1003 wavelength missing: b.tif"));
  EXPECT_THAT(DetailsOf(ToRpcStatus(Error(Fault::kStackEmpty, "c"))).violations, ElementsAre("FW-1006 stack empty: c"));
}

TEST(RpcStatusTest, BadArgumentsNameTheirFields) {
  Problems problems;
  problems.Add(Fault::kBadOption, "policy.threshold: must be 0.01 to 0.99");
  problems.Add(Fault::kBadOption, "source.uri: is empty; name the folder: /a");
  problems.Add(Fault::kBadOption, "two at once");
  EXPECT_THAT(
      DetailsOf(ToRpcStatus(problems.ToStatus("SubmitTrack"))).fields,
      ElementsAre(Pair("policy.threshold", "must be 0.01 to 0.99"), Pair("source.uri", "is empty; name the folder: /a"),
                  Pair("", "FW-1010 bad option: two at once")));
  Problems one;
  one.Add(Fault::kBadOption, "page_size: 1001 is not 1 to 1000");
  EXPECT_THAT(DetailsOf(ToRpcStatus(one.ToStatus("ListRuns"))).fields,
              ElementsAre(Pair("page_size", "1001 is not 1 to 1000")));
  EXPECT_THAT(DetailsOf(ToRpcStatus(Error(Fault::kFormatUnknown, "/data/x: no format"))).fields,
              ElementsAre(Pair("", "FW-1011 format unknown: /data/x: no format")));
}

TEST(RpcStatusTest, WhatMayPassSaysWhenToTryAgain) {
  EXPECT_EQ(DetailsOf(ToRpcStatus(Error(Fault::kServiceAway, "x"))).retry_after.count(), 1000);
  EXPECT_EQ(DetailsOf(ToRpcStatus(Error(Fault::kQuota, "x"))).retry_after.count(), 1000);
  EXPECT_EQ(DetailsOf(ToRpcStatus(Error(Fault::kForbidden, "x"))).retry_after.count(), 0);
}

TEST(RpcStatusTest, LongListsFitIntoTrailersAndSayThatTheyWereCut) {
  for (const std::string& name : {std::string(60, 'a'), std::string("地质灾害地质灾害地质灾害")}) {
    Problems problems;
    for (int i = 0; i < 1000; ++i) problems.Add(Fault::kRasterTruncated, fmt::format("{}/{}.tif", name, i));
    problems.Add(Fault::kRasterTruncated, std::string(20'000, 'x'));
    const Status status(StatusCode::kFailedPrecondition, MessageOf(problems.ToStatus("track")));
    const grpc::Status rpc = ToRpcStatus(status);
    EXPECT_LT(rpc.error_message().size() + rpc.error_details().size(), 7000U);
    EXPECT_THAT(rpc.error_message(), AllOf(HasSubstr("1001 problems"), HasSubstr("(cut)")));
    const RpcDetails details = DetailsOf(rpc);
    ASSERT_THAT(details.violations, SizeIs(testing::Gt(5)));
    EXPECT_EQ(details.violations.back(), fmt::format("and {} more", 1001 - (details.violations.size() - 1)));
  }
}

TEST(RpcStatusTest, BytesThatAreNoTextAreReplaced) {
  const Status status(StatusCode::kDataLoss, "FW-2001 raster truncated: b\xff\xc3.tif \xe5\x9c\xb0");
  const grpc::Status rpc = ToRpcStatus(status);
  EXPECT_EQ(rpc.error_message(), "FW-2001 raster truncated: b\xef\xbf\xbd\xef\xbf\xbd.tif \xe5\x9c\xb0");
  EXPECT_EQ(DetailsOf(rpc).reason, "FW-2001");
}

TEST(RpcStatusTest, FailuresOfGrpcItselfHaveNoDetails) {
  const RpcDetails details =
      DetailsOf(grpc::Status(grpc::StatusCode::UNAVAILABLE, "failed to connect", "not protobuf"));
  EXPECT_EQ(details.reason, "");
  EXPECT_THAT(details.fields, IsEmpty());
}

}  // namespace
}  // namespace fringewatch::wire
