#include "common/service/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/hash.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::service {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AccessTest : public testing::Test {
 protected:
  void Write(const std::string& text) const {
    // A new file under the old name, as a deployment replaces it.
    std::ofstream(path_ + ".new") << text;
    std::filesystem::rename(path_ + ".new", path_);
  }
  static std::string Line(const std::string& token, const std::string& rest) {
    return Sha256(token) + " " + rest + "\n";
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "tokens";
};

TEST_F(AccessTest, ATokenOpensWhatItsRoleMay) {
  Write("# who\n\n" + Line("v", "viewer vera") + Line("o", "operator otto expires 2999-12-31 # till then"));
  const auto access = OpenTokenFile(path_);
  ASSERT_THAT(access, IsOk());
  EXPECT_EQ((*access)->Admit("Bearer v", Role::kViewer)->name, "vera");
  EXPECT_EQ((*access)->Admit("bearer  o ", Role::kOperator)->name, "otto");
  EXPECT_EQ((*access)->Admit("Bearer o", Role::kViewer)->role, Role::kOperator);
  const auto refused = (*access)->Admit("Bearer v", Role::kOperator);
  EXPECT_THAT(refused, IsFault(Fault::kForbidden));
  EXPECT_THAT(MessageOf(refused.status()), AllOf(HasSubstr("viewer"), HasSubstr("operator"), HasSubstr("vera")));
  EXPECT_THAT((*access)->Admit("Bearer o", Role::kAdmin), IsFault(Fault::kForbidden));
}

TEST_F(AccessTest, WhoShowsNoKnownTokenIsRefused) {
  Write(Line("v", "admin vera"));
  const auto access = OpenTokenFile(path_);
  ASSERT_THAT(access, IsOk());
  for (const std::string header : {"", "Bearer", "Bearer ", "Bearer    ", "Basic v", "v", "Bearer w", "Bearer vv"}) {
    EXPECT_THAT((*access)->Admit(header, Role::kViewer), IsFault(Fault::kNoToken)) << header;
  }
  // The hash is no secret that opens anything.
  EXPECT_THAT((*access)->Admit("Bearer " + Sha256("v"), Role::kViewer), IsFault(Fault::kNoToken));
}

TEST_F(AccessTest, AnEmptyFileRefusesEverybody) {
  Write("");
  const auto access = OpenTokenFile(path_);
  ASSERT_THAT(access, IsOk());
  EXPECT_THAT((*access)->Admit("Bearer v", Role::kViewer), IsFault(Fault::kNoToken));
}

TEST_F(AccessTest, AnExpiredTokenIsRefused) {
  Write(Line("v", "viewer vera expires 2020-02-29"));
  const auto access = OpenTokenFile(path_);
  ASSERT_THAT(access, IsOk());
  const auto refused = (*access)->Admit("Bearer v", Role::kViewer);
  EXPECT_THAT(refused, IsFault(Fault::kNoToken));
  EXPECT_THAT(MessageOf(refused.status()), HasSubstr("2020-02-29"));
}

TEST_F(AccessTest, AllBadLinesAreNamedAndNoneIsRepeated) {
  Write("secret-token viewer vera\n" + Line("v", "king vera") + Line("v", "viewer") +
        Line("v", "viewer v expires never") + Line("v", "viewer v/a") + Line("v", "viewer vera"));
  const auto access = OpenTokenFile(path_);
  EXPECT_THAT(access, IsFault(Fault::kBadOption));
  EXPECT_THAT(MessageOf(access.status()), AllOf(HasSubstr("5 problems"), HasSubstr("line 1"), HasSubstr("line 2"),
                                                HasSubstr("line 3"), HasSubstr("line 4"), HasSubstr("line 5"),
                                                Not(HasSubstr("line 6")), Not(HasSubstr("secret-token"))));
  EXPECT_THAT(OpenTokenFile(folder_ / "absent"), IsFault(Fault::kNotReadable));
}

TEST_F(AccessTest, AChangeCountsAtTheNextCallAndABadOneDoesNot) {
  Write(Line("a", "viewer anna"));
  const auto access = OpenTokenFile(path_);
  ASSERT_THAT(access, IsOk());
  Write(Line("b", "viewer bert"));
  EXPECT_THAT((*access)->Admit("Bearer a", Role::kViewer), IsFault(Fault::kNoToken));
  EXPECT_THAT((*access)->Admit("Bearer b", Role::kViewer), IsOk());
  testing::internal::CaptureStderr();
  Write("not a token file\n");
  EXPECT_THAT((*access)->Admit("Bearer b", Role::kViewer), IsOk());
  EXPECT_THAT((*access)->Admit("Bearer b", Role::kViewer), IsOk());
  std::filesystem::remove(path_);
  EXPECT_THAT((*access)->Admit("Bearer b", Role::kViewer), IsOk());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << "one line per change: " << log;
  Write(Line("c", "viewer carl"));
  EXPECT_THAT((*access)->Admit("Bearer b", Role::kViewer), IsFault(Fault::kNoToken));
  EXPECT_THAT((*access)->Admit("Bearer c", Role::kViewer), IsOk());
}

TEST(OpenToEverybodyTest, EverybodyIsAdminUnderOneName) {
  const auto caller = OpenToEverybody()->Admit("", Role::kAdmin);
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->name, "anonymous");
  EXPECT_EQ(caller->role, Role::kAdmin);
}

}  // namespace
}  // namespace fringewatch::service
