/// The contract of stores on memory and on the local disk, and what only a disk can go through.
#include "tests/contract/store_contract.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace fringewatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(StoreImplementation{"Memory", [](const std::string&) { return OpenMemoryStore(); }},
                    StoreImplementation{"Local",
                                        [](const std::string& folder) { return OpenLocalStore(folder).value(); }}),
    [](const auto& tested) { return tested.param.name; });

TEST(LocalStore, IsThereForTheNextProcess) {
  TemporaryFolder folder;
  ASSERT_THAT(OpenLocalStore(folder / "s").value()->PutIfAbsent("a/b", "kept"), IsOk());
  EXPECT_EQ(OpenLocalStore(folder / "s").value()->Get("a/b").value(), "kept");
}

TEST(LocalStore, NoticesDamage) {
  TemporaryFolder folder;
  const auto store = OpenLocalStore(folder / "s").value();
  ASSERT_THAT(store->PutIfAbsent("a", "some bytes"), IsOk());
  std::fstream(folder / "s/a", std::ios::in | std::ios::out | std::ios::ate).seekp(-1, std::ios::end).put('!');
  EXPECT_THAT(store->Get("a"), IsFault(Fault::kChecksumMismatch));
  std::filesystem::resize_file(folder / "s/a", 20);
  EXPECT_THAT(store->Get("a"), IsFault(Fault::kChecksumMismatch));
}

TEST(LocalStore, AnInterruptedWriteIsNotAnArtifact) {
  TemporaryFolder folder;
  const auto store = OpenLocalStore(folder / "s").value();
  std::ofstream(folder / "s/.writing-1-0") << "half";
  EXPECT_THAT(store->List("").value(), IsEmpty());
  ASSERT_THAT(store->PutIfAbsent("a", "x"), IsOk());
  EXPECT_THAT(store->List("").value(), ElementsAre("a"));
}

TEST(LocalStore, WhatAnotherWriterLeftIsNotInTheWay) {
  TemporaryFolder folder;
  const auto store = OpenLocalStore(folder / "s").value();
  // Another container has the same process id; a killed one left its file.
  const std::string left = folder / fmt::format("s/.writing-{}-0", ::getpid());
  std::ofstream(left) << "half";
  ASSERT_THAT(store->PutIfAbsent("a", "x"), IsOk());
  EXPECT_EQ(store->Get("a").value(), "x");
  EXPECT_TRUE(std::filesystem::exists(left));
}

TEST(LocalStore, AFolderThatIsGoneIsNoEmptyStore) {
  TemporaryFolder folder;
  const auto store = OpenLocalStore(folder / "s").value();
  ASSERT_THAT(store->PutIfAbsent("runs/1", "x"), IsOk());
  std::filesystem::rename(folder / "s", folder / "unmounted");
  EXPECT_THAT(store->List("runs/"), IsFault(Fault::kServiceAway));
  EXPECT_THAT(store->Get("runs/1"), IsFault(Fault::kServiceAway));
  EXPECT_THAT(store->PutIfAbsent("runs/2", "x"), IsFault(Fault::kServiceAway));
  std::filesystem::rename(folder / "unmounted", folder / "s");
  EXPECT_THAT(store->List("runs/").value(), ElementsAre("runs/1"));
}

TEST(LocalStore, SaysWhereItCannotWrite) {
  TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const auto store = OpenLocalStore(folder / "file");
  EXPECT_THAT(store, IsFault(Fault::kNotWritable));
  EXPECT_THAT(MessageOf(store.status()), testing::HasSubstr(folder / "file"));
}

}  // namespace
}  // namespace fringewatch
