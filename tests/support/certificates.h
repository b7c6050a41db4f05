/// Certificates for one test, made by the openssl program.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace fringewatch {

/// The text of a file; empty when it cannot be read.
inline std::string TextOfFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// An authority of its own and what it signs, as PEM files in the folder.
class Authority {
 public:
  Authority(const TemporaryFolder& folder, std::string name) : folder_(folder), name_(std::move(name)) {
    Run("openssl req -x509 " + NewKey(name_) + " -out " + certificate() + " -days 2 -subj /CN=" + name_);
  }
  /// Makes <name>.pem and <name>.key for localhost; days -1: expired yesterday.
  void Sign(const std::string& name, int days = 2) const {
    const std::string request = folder_ / (name + ".csr");
    Run("openssl req " + NewKey(name) + " -out " + request + " -subj /CN=" + name +
        " -addext subjectAltName=DNS:localhost");
    Run("openssl x509 -req -in " + request + " -CA " + certificate() + " -CAkey " + KeyOf(name_) +
        " -CAcreateserial -copy_extensions copy -days " + std::to_string(days) + " -out " + CertificateOf(name));
  }
  [[nodiscard]] std::string certificate() const { return CertificateOf(name_); }
  [[nodiscard]] std::string CertificateOf(const std::string& name) const { return folder_ / (name + ".pem"); }
  [[nodiscard]] std::string KeyOf(const std::string& name) const { return folder_ / (name + ".key"); }

 private:
  [[nodiscard]] std::string NewKey(const std::string& name) const {
    return "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + KeyOf(name);
  }
  static void Run(const std::string& command) {
    EXPECT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
  }

  const TemporaryFolder& folder_;
  const std::string name_;
};

}  // namespace fringewatch
