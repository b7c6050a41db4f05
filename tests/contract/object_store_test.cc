/// The contract of stores on an object store, over a real server that speaks S3, and what only a network can go
/// through.
#include <cpl_vsi.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/io/copy_tree.h"
#include "common/io/file_replace.h"
#include "common/io/files.h"
#include "common/io/open_store.h"
#include "common/io/vsi.h"
#include "tests/contract/store_contract.h"
#include "tests/support/s3_server.h"
#include "tests/support/seed.h"

namespace fringewatch {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kPlace[] = "FRINGEWATCH_TEST_PLACE";

/// One server for the whole program: it takes seconds to start. None when it is not installed.
class SharedServer final : public testing::Environment {
 public:
  void SetUp() override {
    if (std::getenv(kPlace) != nullptr) return;  // the other process of a test: it has the server of the first
    if (S3Server::Program().empty()) {
      std::puts("SKIPPED: no S3 server (.ci/s3_test_server.sh installs one); THE OBJECT STORE IS NOT TESTED");
    } else {
      server = std::make_unique<S3Server>();
    }
  }
  void TearDown() override { server.reset(); }
  static inline std::unique_ptr<S3Server> server;
};
const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new SharedServer);

/// A place in the bucket that no other test uses.
std::string NewPlace() {
  static int next = 0;
  return fmt::format("{}/place{}", SharedServer::server->root(), next++);
}

std::unique_ptr<Store> Open(const std::string& uri) {
  auto store = io::OpenStore(uri);
  EXPECT_THAT(store, IsOk());
  return store.ok() ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(StoreImplementation{"S3",
                                                             [](const std::string&) -> std::unique_ptr<Store> {
                                                               if (SharedServer::server == nullptr) return nullptr;
                                                               return Open(NewPlace());
                                                             },
                                                             false}),
                         [](const auto& tested) { return tested.param.name; });

class ObjectStore : public testing::Test {
 protected:
  void SetUp() override {
    if (SharedServer::server == nullptr) GTEST_SKIP() << "NOT TESTED, there is no S3 server";
    place_ = NewPlace();
  }
  std::string place_;
};

/// Runs one of the tests named DISABLED_ below in a process of its own, which shares none of GDAL's memory.
int InOtherProcess(const std::string& test, const std::string& place) {
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  return std::system(fmt::format("{}='{}' '{}' --gtest_also_run_disabled_tests "
                                 "--gtest_filter=OtherProcess.DISABLED_{} >/dev/null",
                                 kPlace, place, program, test)
                         .c_str());
}
TEST(OtherProcess, DISABLED_Puts) {
  const char* place = std::getenv(kPlace);
  ASSERT_NE(place, nullptr);
  ASSERT_THAT(Open(place)->PutIfAbsent("runs/1/record", "from the other"), IsOk());
}
TEST(OtherProcess, DISABLED_Deletes) {
  ASSERT_EQ(VSIUnlink(io::JoinPath(std::getenv(kPlace), "runs/1/record").c_str()), 0);
}

TEST_F(ObjectStore, ProcessesSeeEachOthersPutsAtOnce) {
  const auto store = Open(place_);
  // All that GDAL could remember: the absent key, the empty folder, the neighbours.
  EXPECT_FALSE(store->Exists("runs/1/record"));
  EXPECT_THAT(store->Get("runs/1/record"), IsFault(Fault::kNotReadable));
  EXPECT_THAT(store->List("runs/").value(), IsEmpty());
  ASSERT_THAT(store->PutIfAbsent("runs/0/record", "own"), IsOk());
  EXPECT_THAT(store->List("runs/").value(), ElementsAre("runs/0/record"));
  ASSERT_EQ(InOtherProcess("Puts", place_), 0);
  EXPECT_TRUE(store->Exists("runs/1/record"));
  EXPECT_EQ(store->Get("runs/1/record").value(), "from the other");
  EXPECT_THAT(store->List("runs/").value(), ElementsAre("runs/0/record", "runs/1/record"));
  ASSERT_THAT(store->PutIfAbsent("runs/1/record", "mine"), IsOk());
  EXPECT_EQ(store->Get("runs/1/record").value(), "from the other");
  // An operator deletes a damaged artifact: the next put is not taken for done.
  ASSERT_EQ(InOtherProcess("Deletes", place_), 0);
  EXPECT_FALSE(store->Exists("runs/1/record"));
  EXPECT_THAT(store->List("runs/").value(), ElementsAre("runs/0/record"));
  ASSERT_THAT(store->PutIfAbsent("runs/1/record", "again"), IsOk());
  EXPECT_EQ(store->Get("runs/1/record").value(), "again");
}

TEST_F(ObjectStore, ListsMoreThanOnePage) {
  const auto store = Open(place_);
  constexpr int kKeys = 1003;  // S3 answers 1000 at a time
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_THAT(io::WriteObject(fmt::format("{}/many/{:04}", place_, i), "", "x"), IsOk());
  }
  const auto keys = store->List("many/").value();
  ASSERT_EQ(keys.size(), size_t{kKeys});
  EXPECT_EQ(keys.back(), "many/1002");
  EXPECT_EQ(store->List("many/100").value().size(), 3u);
}

TEST_F(ObjectStore, BytesOfMegabytesComeBack) {
  const auto store = Open(place_);
  std::string bytes(40'000'000, '\0');
  uint32_t state = static_cast<uint32_t>(TestSeed(5));
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  ASSERT_THAT(store->PutIfAbsent("large", bytes), IsOk());
  EXPECT_TRUE(store->Get("large").value() == bytes);
}

TEST_F(ObjectStore, NoticesDamage) {
  const auto store = Open(place_);
  ASSERT_THAT(store->PutIfAbsent("a", "some bytes"), IsOk());
  std::string artifact = io::ReadObject(place_ + "/a").value();
  artifact.back() = '!';
  ASSERT_THAT(io::WriteObject(place_ + "/a", "", artifact), IsOk());
  EXPECT_THAT(store->Get("a"), IsFault(Fault::kChecksumMismatch));
  ASSERT_THAT(io::WriteObject(place_ + "/a", "", artifact.substr(0, 20)), IsOk());
  EXPECT_THAT(store->Get("a"), IsFault(Fault::kChecksumMismatch));
}

TEST_F(ObjectStore, SaysWhatIsWrongWithItsAddress) {
  EXPECT_THAT(io::OpenStore("/vsicurl/http://127.0.0.1/x"), IsFault(Fault::kBadOption));
  EXPECT_THAT(io::OpenStore("/vsis3/"), IsFault(Fault::kBadOption));
  const auto absent = io::OpenStore("/vsis3/no-such-bucket/store");
  EXPECT_THAT(absent, IsFault(Fault::kForbidden)) << "NOT_FOUND would say that a run does not exist";
  EXPECT_THAT(MessageOf(absent.status()), HasSubstr("no-such-bucket"));
}

TEST_F(ObjectStore, AServerThatIsGoneIsWorthAnotherAttempt) {
  const std::string endpoint = std::getenv("AWS_S3_ENDPOINT");
  const auto store = Open(place_);
  ASSERT_THAT(store->PutIfAbsent("a", "x"), IsOk());
  ::setenv("AWS_S3_ENDPOINT", "127.0.0.1:1", 1);
  EXPECT_THAT(store->Get("a"), IsFault(Fault::kServiceAway));
  EXPECT_THAT(store->PutIfAbsent("b", "x"), IsFault(Fault::kServiceAway));
  EXPECT_THAT(store->List(""), IsFault(Fault::kServiceAway));
  EXPECT_THAT(io::OpenStore(place_), IsFault(Fault::kServiceAway));
  EXPECT_FALSE(store->Exists("a"));
  ::setenv("AWS_S3_ENDPOINT", endpoint.c_str(), 1);
  EXPECT_EQ(store->Get("a").value(), "x");
  EXPECT_FALSE(store->Exists("b"));
}

TEST_F(ObjectStore, CopiesTheProductsOfARun) {
  const TemporaryFolder folder;
  for (const char* name : {"a.tif", "manifest.json", "sites/1.h5", "zero"}) {
    ASSERT_THAT(io::WriteWholeFile(folder / name, name == std::string("zero") ? "" : name), IsOk());
  }
  ASSERT_THAT(io::CopyTree(folder / "", place_ + "/run", "manifest.json"), IsOk());
  EXPECT_THAT(io::ListObjects(place_ + "/run").value(), ElementsAre("a.tif", "manifest.json", "sites/1.h5", "zero"));
  EXPECT_EQ(io::ReadObject(place_ + "/run/sites/1.h5").value(), "sites/1.h5");
  EXPECT_EQ(io::ReadObject(place_ + "/run/zero").value(), "");
  // Again, with other content: replaced.
  ASSERT_THAT(io::WriteWholeFile(folder / "a.tif", "new"), IsOk());
  ASSERT_THAT(io::CopyTree(folder / "", place_ + "/run", "manifest.json"), IsOk());
  EXPECT_EQ(io::ReadObject(place_ + "/run/a.tif").value(), "new");
  // A site was merged away.
  fs::remove(folder / "sites/1.h5");
  ASSERT_THAT(io::CopyTree(folder / "", place_ + "/run", "manifest.json"), IsOk());
  EXPECT_THAT(io::ListObjects(place_ + "/run").value(), ElementsAre("a.tif", "manifest.json", "zero"));
  EXPECT_THAT(io::CopyTree(folder / "", place_, "not.there"), IsFault(Fault::kNotReadable));
  EXPECT_THAT(io::CopyTree(folder / "", "/vsizip/x.zip", ""), IsFault(Fault::kBadOption));
}

}  // namespace
}  // namespace fringewatch
