#include "common/process/source_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fringewatch::process {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Parsed {
  std::optional<int> code;
  std::string errors;
  io::SourceLimits sources;
};

Parsed Parse(std::vector<std::string> arguments) {
  Parsed parsed;
  service::Settings settings("fringewatch-test", "A test");
  Declare(settings, parsed.sources);
  arguments.insert(arguments.begin(), "fringewatch-test");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStderr();
  parsed.code = settings.Parse(static_cast<int>(argv.size()), argv.data());
  parsed.errors = testing::internal::GetCapturedStderr();
  return parsed;
}

TEST(SourceSettings, GiveTheLimits) {
  const Parsed parsed =
      Parse({"--sources-roots", "/,/vsis3/bucket", "--sources-max-rows", "7", "--sources-max-raster-gib", "0.5"});
  EXPECT_EQ(parsed.code, std::nullopt) << parsed.errors;
  EXPECT_THAT(parsed.sources.roots, ElementsAre("/", "/vsis3/bucket"));
  EXPECT_EQ(parsed.sources.max_rows, 7);
  EXPECT_EQ(parsed.sources.max_raster_gib, 0.5);
}

TEST(SourceSettings, FaultsNameTheKeysAllAtOnce) {
  const Parsed parsed =
      Parse({"--sources-roots", "relative", "--sources-max-rows", "0", "--sources-max-raster-gib", "nan"});
  EXPECT_EQ(parsed.code, 2);
  EXPECT_THAT(parsed.errors, AllOf(HasSubstr("sources.roots: 'relative'"), HasSubstr("sources.max_rows"),
                                   HasSubstr("sources.max_raster_gib")));
}

TEST(SourceSettings, NoRootsAreAnExposure) {
  EXPECT_THAT(Exposures({}), ElementsAre(HasSubstr("sources.roots")));
  EXPECT_THAT(Exposures({.roots = {"/data"}}), IsEmpty());
}

}  // namespace
}  // namespace fringewatch::process
