#include "common/base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

namespace fringewatch {
namespace {

class DigestStream {
 public:
  explicit DigestStream(const EVP_MD* method) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), method, nullptr);
  }
  void Update(const char* data, size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::string Hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string Sha256(std::string_view bytes) {
  DigestStream stream(EVP_sha256());
  stream.Update(bytes.data(), bytes.size());
  return stream.Hex();
}

std::string Sha1(std::string_view bytes) {
  DigestStream stream(EVP_sha1());
  stream.Update(bytes.data(), bytes.size());
  return stream.Hex();
}

StatusOr<std::string> Sha256File(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Fault::kNotReadable, "{}: cannot be opened", path);
  DigestStream stream(EVP_sha256());
  std::vector<char> block(1 << 20);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    stream.Update(block.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) return Error(Fault::kNotReadable, "{}: reading failed", path);
  return stream.Hex();
}

}  // namespace fringewatch
