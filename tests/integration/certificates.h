/// Keys and certificates for a test, made by the openssl program.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

namespace fringewatch::integration {

/// Certificates of one authority, in a folder.
class CertificateAuthority {
 public:
  /// Makes the authority, and the certificate of a server "localhost". A failure fails the test.
  explicit CertificateAuthority(std::string folder);
  /// `<name>.pem` and `<name>.key`, valid until `days` from now; negative = expired.
  void Issue(const std::string& name, int days);
  [[nodiscard]] std::string CertificateFile(const std::string& name) const { return folder_ + "/" + name + ".pem"; }
  [[nodiscard]] std::string KeyFile(const std::string& name) const { return folder_ + "/" + name + ".key"; }
  /// Of a client that trusts this authority and shows the certificate of `client`; empty = shows none.
  [[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& client) const;

 private:
  void OpenSsl(std::vector<std::string> arguments) const;
  std::string folder_;
};

}  // namespace fringewatch::integration
