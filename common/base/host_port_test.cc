#include "common/base/host_port.h"

#include <gtest/gtest.h>

namespace fringewatch {
namespace {

TEST(HostPort, TakesNamesAndNumbersOfMachines) {
  for (const char* host : {"redis", "127.0.0.1", "[::1]", "a.b-c.example"}) {
    for (const int port : {0, 1, 6379, 65535}) {
      const auto parsed = ParseHostPort(std::string(host) + ":" + std::to_string(port));
      ASSERT_TRUE(parsed) << host << " " << port;
      EXPECT_EQ(parsed->host, host);
      EXPECT_EQ(parsed->port, port);
    }
  }
}

TEST(HostPort, RefusesWhatLacksAHostOrAPort) {
  for (const char* text : {"", ":", "host", "host:", ":80", ":x", "host:x", "host:80x", "host:-1", "host:-0", "host:+1",
                           "host: 80", "host:65536", "host:99999999999"}) {
    EXPECT_FALSE(ParseHostPort(text)) << text;
  }
}

}  // namespace
}  // namespace fringewatch
