/// What every Store must do. Each program that instantiates the suite names its implementations.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "common/store/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch {

struct StoreImplementation {
  const char* name;
  /// A store of its own for each folder. None: it cannot be had here, and the test is skipped.
  std::function<std::unique_ptr<Store>(const std::string& folder)> open;
  /// Of several that put different bytes under one key at the same moment, all readers see the same one.
  bool settles_conflicts = true;
};
inline void PrintTo(const StoreImplementation& tested, std::ostream* out) { *out << tested.name; }

class StoreContract : public testing::TestWithParam<StoreImplementation> {
 protected:
  void SetUp() override {
    if (store_ == nullptr) GTEST_SKIP() << GetParam().name << ": NOT TESTED, it is not installed here";
  }

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
  EXPECT_THAT(store_->List("b/").value(), testing::ElementsAre("b/1", "b/10", "b/2"));
  EXPECT_THAT(store_->List("").value(), testing::ElementsAre("a/1", "b/1", "b/10", "b/2", "bb"));
  EXPECT_THAT(store_->List("zz").value(), testing::IsEmpty());
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
        const char letter = static_cast<char>('a' + (GetParam().settles_conflicts ? w : k));
        EXPECT_THAT(store_->PutIfAbsent(key, std::string(kSize, letter)), IsOk());
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

}  // namespace fringewatch
