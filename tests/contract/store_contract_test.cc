/// What every Store must do, run on each implementation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <thread>

#include "common/store/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<Store>(const std::string& folder)> open;
};
void PrintTo(const Implementation& tested, std::ostream* out) { *out << tested.name; }

class StoreContract : public testing::TestWithParam<Implementation> {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_ = GetParam().open(folder_ / "store");
};

TEST_P(StoreContract, GivesBackWhatWasPut) {
  std::string bytes("with\0zero and\nline", 18);
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  ASSERT_THAT(store_->PutIfAbsent("detect/a.json", bytes), IsOk());
  EXPECT_TRUE(store_->Exists("detect/a.json"));
  EXPECT_EQ(store_->Get("detect/a.json").value(), bytes);
  ASSERT_THAT(store_->PutIfAbsent("empty", ""), IsOk());
  EXPECT_EQ(store_->Get("empty").value(), "");
}

TEST_P(StoreContract, TheFirstPutWins) {
  ASSERT_THAT(store_->PutIfAbsent("k", "first"), IsOk());
  ASSERT_THAT(store_->PutIfAbsent("k", "second"), IsOk());
  EXPECT_EQ(store_->Get("k").value(), "first");
}

TEST_P(StoreContract, WhatIsAbsentIsAnError) {
  EXPECT_FALSE(store_->Exists("nothing"));
  EXPECT_THAT(store_->Get("nothing"), IsFault(Fault::kNotReadable));
  ASSERT_THAT(store_->PutIfAbsent("folder/file", "x"), IsOk());
  EXPECT_FALSE(store_->Exists("folder"));
  EXPECT_THAT(store_->Get("folder"), IsFault(Fault::kNotReadable));
}

TEST_P(StoreContract, ListsByPrefixSorted) {
  for (const char* key : {"b/2", "a/1", "b/10", "bb", "b/1"}) ASSERT_THAT(store_->PutIfAbsent(key, key), IsOk());
  EXPECT_THAT(store_->List("b/").value(), ElementsAre("b/1", "b/10", "b/2"));
  EXPECT_THAT(store_->List("").value(), ElementsAre("a/1", "b/1", "b/10", "b/2", "bb"));
  EXPECT_THAT(store_->List("zz").value(), IsEmpty());
}

TEST_P(StoreContract, KeysCannotLeaveTheStore) {
  for (const char* key : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".hidden", "a/.b"}) {
    EXPECT_THAT(store_->PutIfAbsent(key, "x"), IsFault(Fault::kBadOption)) << key;
    EXPECT_THAT(store_->Get(key), IsFault(Fault::kBadOption)) << key;
    EXPECT_FALSE(store_->Exists(key)) << key;
  }
}

TEST_P(StoreContract, OneOfManyWritersWinsAndReadersSeeItWhole) {
  constexpr int kWriters = 4, kKeys = 20;
  constexpr size_t kSize = 20'000;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int k = 0; k < kKeys; ++k) {
        const std::string key = fmt::format("race/{}", k);
        EXPECT_THAT(store_->PutIfAbsent(key, std::string(kSize, static_cast<char>('a' + w))), IsOk());
        const auto seen = store_->Get(key);
        ASSERT_THAT(seen, IsOk());
        EXPECT_EQ(seen->size(), kSize);
        EXPECT_EQ(seen->find_first_not_of((*seen)[0]), std::string::npos);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_->List("race/").value().size(), size_t{kKeys});
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(Implementation{"Memory", [](const std::string&) { return OpenMemoryStore(); }},
                    Implementation{"Local", [](const std::string& folder) { return OpenLocalStore(folder).value(); }}),
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

TEST(LocalStore, SaysWhereItCannotWrite) {
  TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const auto store = OpenLocalStore(folder / "file");
  EXPECT_THAT(store, IsFault(Fault::kNotWritable));
  EXPECT_THAT(MessageOf(store.status()), testing::HasSubstr(folder / "file"));
}

}  // namespace
}  // namespace fringewatch
