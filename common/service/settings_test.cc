#include "common/service/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "common/service/backends.h"
#include "common/service/rpc_server.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::service {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A variable of the environment, unset at the end of the test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

class SettingsTest : public testing::Test {
 protected:
  /// The settings of a service, read anew.
  std::optional<int> Parse(std::vector<std::string> arguments) {
    redis_ = {};
    log_ = {};
    roots_ = {};
    metrics_ = {};
    server_ = {};
    Settings settings("fringewatch-test", "A test");
    Declare(settings, redis_);
    Declare(settings, log_);
    Declare(settings, metrics_);
    settings.Add("sources.roots", roots_, "A list");
    Declare(settings, server_);
    arguments.insert(arguments.begin(), "fringewatch-test");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const std::optional<int> code = settings.Parse(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  std::string Write(const std::string& text) {
    const std::string path = folder_ / "service.toml";
    std::ofstream(path) << text;
    return path;
  }

  TemporaryFolder folder_;
  RedisSettings redis_;
  LogSettings log_;
  MetricsSettings metrics_;
  std::vector<std::string> roots_;
  ServerSettings server_;
  std::string out_, err_;
};

TEST_F(SettingsTest, DefaultsStandWhereNothingIsSaid) {
  ASSERT_EQ(Parse({}), std::nullopt) << err_;
  EXPECT_EQ(redis_.address, "127.0.0.1:6379");
  EXPECT_EQ(redis_.lease_s, 60);
  EXPECT_TRUE(roots_.empty());
}

TEST_F(SettingsTest, AFlagWinsOverAVariableOverTheFileOverTheDefault) {
  const std::string file = Write("[redis]\naddress = \"file:1\"\nlease_s = 11\nmax_attempts = 4\n");
  ASSERT_EQ(Parse({"--config", file}), std::nullopt) << err_;
  EXPECT_EQ(redis_.address, "file:1");
  EXPECT_EQ(redis_.lease_s, 11);
  const Variable address("FRINGEWATCH_REDIS_ADDRESS", "variable:1");
  const Variable lease("FRINGEWATCH_REDIS_LEASE_S", "12");
  ASSERT_EQ(Parse({"--config", file, "--redis-address", "flag:1"}), std::nullopt) << err_;
  EXPECT_EQ(redis_.address, "flag:1");
  EXPECT_EQ(redis_.lease_s, 12);
  EXPECT_EQ(redis_.max_attempts, 4);
  EXPECT_EQ(redis_.ready_window, 64);
}

TEST_F(SettingsTest, AnEmptyVariableIsNotSet) {
  const Variable address("FRINGEWATCH_REDIS_ADDRESS", "");
  ASSERT_EQ(Parse({"--config", Write("[redis]\naddress = 'file:1'\n")}), std::nullopt) << err_;
  EXPECT_EQ(redis_.address, "file:1");
}

TEST_F(SettingsTest, ListsComeFromFileVariableAndFlag) {
  ASSERT_EQ(Parse({"--config", Write("[sources]\nroots = [\n  \"/a b\", # first\n  '/d#e',\n]\n")}), std::nullopt)
      << err_;
  EXPECT_THAT(roots_, ElementsAre("/a b", "/d#e"));
  ASSERT_EQ(Parse({"--config", Write("[sources]\nroots = [\"/one\"]\n")}), std::nullopt) << err_;
  EXPECT_THAT(roots_, ElementsAre("/one"));
  ASSERT_EQ(Parse({"--config", Write("[sources]\nroots = []\n")}), std::nullopt) << err_;
  EXPECT_THAT(roots_, ElementsAre());
  ASSERT_EQ(Parse({"--sources-roots", "/a,/b", "--sources-roots", "/c"}), std::nullopt) << err_;
  EXPECT_THAT(roots_, ElementsAre("/a", "/b", "/c"));
  const Variable roots("FRINGEWATCH_SOURCES_ROOTS", "/x,/vsis3/bucket");
  ASSERT_EQ(Parse({}), std::nullopt) << err_;
  EXPECT_THAT(roots_, ElementsAre("/x", "/vsis3/bucket"));
}

TEST_F(SettingsTest, TruthValuesAndNumbersOfEveryForm) {
  ASSERT_EQ(
      Parse({"--config", Write("[server]\nreflection = true\nmax_message_bytes = 0x10_0000\ndrain_delay_s = 1e-1\n")}),
      std::nullopt)
      << err_;
  EXPECT_TRUE(server_.reflection);
  EXPECT_EQ(server_.max_message_bytes, 1 << 20);
  EXPECT_EQ(server_.drain_delay_s, 0.1);
  ASSERT_EQ(Parse({"--server-reflection", "false"}), std::nullopt) << err_;
  EXPECT_FALSE(server_.reflection);
}

TEST_F(SettingsTest, UnknownKeysAreErrorsThatNameKeyLineAndFile) {
  const std::string file = Write("[redis]\nadress = \"a:1\"\nlease_s = 5\n[radis]\naddress = \"a:1\"\n");
  EXPECT_EQ(Parse({"--config", file}), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr(file), HasSubstr("line 2: unknown key 'redis.adress'"),
                          HasSubstr("line 5: unknown key 'radis.address'")));
}

TEST_F(SettingsTest, ABrokenFileAndAMissingOneAreErrors) {
  EXPECT_EQ(Parse({"--config", Write("[redis]\naddress = \"open\n")}), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr("service.toml"), HasSubstr("line 2")));
  EXPECT_EQ(Parse({"--config", folder_ / "absent.toml"}), 2);
  EXPECT_THAT(err_, HasSubstr("absent.toml"));
  const Variable file("FRINGEWATCH_CONFIG", folder_ / "absent.toml");
  EXPECT_EQ(Parse({}), 2);
  EXPECT_THAT(err_, HasSubstr("absent.toml"));
}

TEST_F(SettingsTest, TheFileMayBeNamedByAVariable) {
  const Variable file("FRINGEWATCH_CONFIG", Write("[redis]\nprefix = \"other:\"\n"));
  ASSERT_EQ(Parse({}), std::nullopt) << err_;
  EXPECT_EQ(redis_.prefix, "other:");
}

TEST_F(SettingsTest, AValueOfTheWrongKindNamesItsPlace) {
  const std::string file = Write("[redis]\nlease_s = \"long\"\n");
  EXPECT_EQ(Parse({"--config", file}), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr("long"), HasSubstr("redis.lease_s"), HasSubstr(file)));
  EXPECT_EQ(Parse({"--config", Write("[redis]\nlease_s = 2026-01-01\n")}), 2);
  EXPECT_THAT(err_, HasSubstr("line 2"));
  EXPECT_EQ(Parse({"--config", Write("[sources]\nroots = [\"/a,b\"]\n")}), 2);
  EXPECT_THAT(err_, HasSubstr("commas"));
  EXPECT_EQ(Parse({"--no-such-flag"}), 2);
  EXPECT_THAT(err_, HasSubstr("--no-such-flag"));
}

TEST_F(SettingsTest, EverythingWrongIsSaidAtOnce) {
  EXPECT_EQ(Parse({"--redis-address", "nowhere", "--redis-lease-s", "nan", "--log-level", "loud", "--server-tls-key",
                   "/k.pem", "--server-max-streams", "90", "--server-listen", ":x", "--metrics-listen", "here"}),
            2);
  EXPECT_THAT(err_, AllOf(HasSubstr("redis.address 'nowhere'"), HasSubstr("redis.lease_s"), HasSubstr("log.level"),
                          HasSubstr("server.tls_certificate and server.tls_key"), HasSubstr("server.max_threads"),
                          HasSubstr("server.listen ':x'"), HasSubstr("metrics.listen 'here'")));
}

TEST_F(SettingsTest, ReflectionIsNotForServersThatAskForTokens) {
  EXPECT_EQ(Parse({"--server-reflection", "true", "--server-token-file", "/tokens"}), 2);
  EXPECT_THAT(err_, HasSubstr("server.reflection must be off where server.token_file is set"));
}

TEST_F(SettingsTest, ThePrintedFileGivesTheSameSettings) {
  EXPECT_EQ(Parse({"--print-config", "--redis-prefix", "a \"b\" #c\\:", "--sources-roots", "/a b,/c", "--redis-lease-s",
                   "0.1e1", "--server-reflection", "true", "--metrics-listen", ""}),
            0)
      << err_;
  const std::string first = out_;
  ASSERT_EQ(Parse({"--config", Write(first)}), std::nullopt) << err_;
  EXPECT_EQ(redis_.prefix, "a \"b\" #c\\:");
  EXPECT_THAT(roots_, ElementsAre("/a b", "/c"));
  EXPECT_EQ(redis_.lease_s, 1);
  EXPECT_TRUE(server_.reflection);
  EXPECT_EQ(metrics_.listen, "");
  EXPECT_EQ(Parse({"--config", Write(first), "--print-config"}), 0);
  EXPECT_EQ(out_, first);
}

TEST_F(SettingsTest, HelpAndVersionAnswerOnStdout) {
  EXPECT_EQ(Parse({"--help"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("--redis-password-file"), HasSubstr("FRINGEWATCH_REDIS_PASSWORD_FILE"),
                          Not(HasSubstr("error:"))));
  EXPECT_EQ(Parse({"--version"}), 0);
  EXPECT_THAT(out_, HasSubstr(FRINGEWATCH_VERSION));
}

TEST_F(SettingsTest, ServersWithoutTlsOrTokensSayWhatThatMeans) {
  ServerSettings server;
  EXPECT_THAT(Exposures(server), ElementsAre(HasSubstr("plaintext"), HasSubstr("server.token_file")));
  server.token_file = "t";
  EXPECT_THAT(Exposures(server), ElementsAre(HasSubstr("plaintext")));
  server.tls_certificate = "c";
  EXPECT_THAT(Exposures(server), ElementsAre());
}

TEST_F(SettingsTest, APasswordFileMustBeThereAndHoldOne) {
  redis_.password_file = folder_ / "absent";
  EXPECT_THAT(std::string(OpenQueue(redis_).status().message()), HasSubstr("absent"));
  redis_.password_file = folder_ / "empty";
  std::ofstream(redis_.password_file) << "\n";
  EXPECT_THAT(std::string(OpenQueue(redis_).status().message()), HasSubstr("empty"));
}

}  // namespace
}  // namespace fringewatch::service
