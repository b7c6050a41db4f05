#include "common/service/process_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "common/service/shutdown.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::service {
namespace {

using testing::HasSubstr;

TEST(ProcessFrame, TheReadyLineNamesThePortsAndZeroForNone) {
  Metrics metrics("test");
  const auto server = RpcServer::Start({}, {}).value();
  const auto none = ServeMetrics({.listen = ""}, metrics).value();
  EXPECT_EQ(none, nullptr);
  const auto exposed = ServeMetrics({}, metrics).value();
  ASSERT_NE(exposed, nullptr);
  testing::internal::CaptureStdout();
  PrintReady(*server, none.get());
  PrintReady(*server, exposed.get());
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            fmt::format("ready grpc={0} metrics=0\nready grpc={0} metrics={1}\n", server->port(), exposed->port()));
}

TEST(ProcessFrame, AnErrorIsLoggedOnceAndGivesOne) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(ExitCodeOf(Error(Fault::kNotReadable, "x.toml")), 1);
  EXPECT_EQ(ExitCodeOf({}), 0);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("FW-2003"));
  EXPECT_THAT(log, testing::Not(HasSubstr("error: ")));
}

TEST(OnDrain, CallsWhenDrainingBeginsAndNotBefore) {
  std::atomic<int> called = 0;
  {
    const OnDrain drain([&called] { ++called; });
    EXPECT_EQ(called, 0);
    AskToDrain();
  }
  EXPECT_EQ(called, 1);
  WaitForDrain();  // returns, as it has begun
  ForgetDraining();
}

}  // namespace
}  // namespace fringewatch::service
