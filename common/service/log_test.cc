#include "common/service/log.h"

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/service/shutdown.h"

namespace fringewatch::service {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(LogTest, ALineIsOneJsonObjectWhateverTheTextsHold) {
  StartLog("detector", "info");
  testing::internal::CaptureStderr();
  Log(LogLevel::kWarning, "a \"quoted\"\nline {} %v \xff",
      {{"run_id", "12ab"}, {"msg", "mine"}, {"zero", std::string(1, '\0')}});
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const nlohmann::json line = nlohmann::json::parse(text);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["component"], "detector");
  EXPECT_EQ(line["msg"], "a \"quoted\"\nline {} %v \xef\xbf\xbd");
  EXPECT_EQ(line["run_id"], "12ab");
  EXPECT_EQ(line["msg_"], "mine");
  EXPECT_EQ(line["zero"], std::string(1, '\0'));
  EXPECT_THAT(line["ts"].get<std::string>(),
              MatchesRegex("20[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+[.][0-9][0-9][0-9]Z"));
}

TEST(LogTest, LinesBelowTheLevelAreLeftOut) {
  StartLog("detector", "warning");
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "quiet");
  Log(LogLevel::kError, "loud");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("loud"));
}

TEST(LogTest, LinesOfGrpcAreJsonToo) {
  StartLog("detector", "info");
  testing::internal::CaptureStderr();
  gpr_log_verbosity_init();  // as gRPC does when it is first used
  gpr_log(GPR_ERROR, "handshake %d \"failed\"", 7);
  const nlohmann::json line = nlohmann::json::parse(testing::internal::GetCapturedStderr());
  EXPECT_EQ(line["msg"], "handshake 7 \"failed\"");
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["from"], "grpc");
}

class ShutdownTest : public testing::Test {
 protected:
  ~ShutdownTest() override { ForgetDraining(); }
};

TEST_F(ShutdownTest, WaitingEndsWhenDrainingBegins) {
  EXPECT_FALSE(Draining());
  EXPECT_FALSE(WaitForDrain(0ms));
  std::atomic<bool> woken = false;
  std::thread waiting([&woken] { woken = WaitForDrain(1h); });
  AskToDrain();
  waiting.join();
  EXPECT_TRUE(woken);
  EXPECT_TRUE(Draining());
  EXPECT_TRUE(WaitForDrain(0ms));
}

// In a process of its own: signals stay blocked after CatchTermination.
TEST(ShutdownDeathTest, TheFirstSignalDrainsAndTheSecondEnds) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        CatchTermination();
        ::kill(::getpid(), SIGTERM);
        std::exit(WaitForDrain(10s) ? 42 : 1);
      },
      testing::ExitedWithCode(42), "");
  EXPECT_EXIT(
      {
        CatchTermination();
        ::kill(::getpid(), SIGINT);
        if (!WaitForDrain(10s)) std::exit(1);
        ::kill(::getpid(), SIGTERM);
        std::this_thread::sleep_for(10s);
        std::exit(1);
      },
      testing::ExitedWithCode(128 + SIGTERM), "");
}

}  // namespace
}  // namespace fringewatch::service
