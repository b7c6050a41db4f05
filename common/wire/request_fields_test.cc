#include "common/wire/request_fields.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/status_matchers.h"

namespace fringewatch::wire {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(RequestFields, GoodFieldsAreNoError) {
  RequestFields fields;
  fields.Require(true, "source.uri", "is empty");
  fields.Text("abc", "track", 3);
  fields.Range(64, 64, 8192, "policy.tile_px");
  fields.Range(8192, 64, 8192, "policy.tile_px");
  EXPECT_THAT(fields.ToStatus("SubmitTrack"), IsOk());
}

TEST(RequestFields, EveryBadFieldIsNamed) {
  RequestFields fields;
  fields.Require(false, "source.uri", "is empty");
  fields.Text("abcd", "track", 3);
  fields.Text(std::string(1, '\0'), "run_id", 3);
  fields.Range(63, 64, 8192, "policy.tile_px");
  fields.Range(std::nan(""), 0.01, 0.99, "policy.threshold");
  const Status status = fields.ToStatus("SubmitTrack");
  EXPECT_THAT(status, IsFault(Fault::kBadOption));
  EXPECT_THAT(MessageOf(status),
              AllOf(HasSubstr("SubmitTrack: 5 problems"), HasSubstr("source.uri: is empty"),
                    HasSubstr("track: 4 bytes, must be at most 3"), HasSubstr("run_id: holds a zero byte"),
                    HasSubstr("policy.tile_px: 63 is not 64 to 8192"), HasSubstr("policy.threshold: nan is not")));
}

}  // namespace
}  // namespace fringewatch::wire
