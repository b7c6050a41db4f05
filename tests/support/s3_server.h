/// A real server that speaks S3 (moto, see .ci/s3_test_server.sh), on a free port of 127.0.0.1, gone with the test.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/support/temporary_folder.h"

namespace fringewatch {

class S3Server {
 public:
  /// The program: $FRINGEWATCH_S3_SERVER, or build/s3_server of the repository; empty when there is none.
  static std::string Program();

  /// Starts it with one bucket and points GDAL at it (AWS_S3_ENDPOINT and credentials in the environment).
  S3Server();
  ~S3Server() { Kill(); }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  /// "/vsis3/<bucket>".
  [[nodiscard]] std::string root() const;
  [[nodiscard]] bool running() const { return pid_ != 0; }
  void Kill();

 private:
  bool Launch();
  TemporaryFolder folder_;
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace fringewatch
