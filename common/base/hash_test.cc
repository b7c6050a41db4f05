#include "common/base/hash.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch {
namespace {

TEST(Sha256, AgreesWithTheStandardsExamples) {  // FIPS 180-2, appendix B, and the empty message
  EXPECT_EQ(Sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  std::string bytes(3'000'001, '\0');  // several blocks and a rest
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 1000);
  std::ofstream(folder / "file", std::ios::binary) << bytes;
  EXPECT_EQ(Sha256File(folder / "file").value(), Sha256(bytes));
  std::ofstream(folder / "empty", std::ios::binary).flush();
  EXPECT_EQ(Sha256File(folder / "empty").value(), Sha256(""));
}

TEST(Sha256, NamesTheFileItCannotRead) {
  const auto hash = Sha256File("/nowhere/at/all");
  EXPECT_THAT(hash, IsFault(Fault::kNotReadable));
  EXPECT_THAT(MessageOf(hash.status()), testing::HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace fringewatch
