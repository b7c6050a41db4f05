#include "tests/integration/certificates.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/child_process.h"

namespace fringewatch::integration {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

CertificateAuthority::CertificateAuthority(std::string folder) : folder_(std::move(folder)) {
  OpenSsl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", KeyFile("ca"), "-out", CertificateFile("ca"),
           "-days", "2", "-subj", "/CN=fringewatch test authority"});
  Issue("localhost", 2);
}

void CertificateAuthority::Issue(const std::string& name, int days) {
  const std::string request = folder_ + "/" + name + ".csr", names = folder_ + "/" + name + ".names";
  std::ofstream(names) << "subjectAltName=DNS:" << name << "\n";
  OpenSsl({"req", "-newkey", "rsa:2048", "-nodes", "-keyout", KeyFile(name), "-out", request, "-subj", "/CN=" + name});
  OpenSsl({"x509", "-req", "-in", request, "-CA", CertificateFile("ca"), "-CAkey", KeyFile("ca"), "-CAcreateserial",
           "-days", std::to_string(days), "-extfile", names, "-out", CertificateFile(name)});
}

std::shared_ptr<grpc::ChannelCredentials> CertificateAuthority::Credentials(const std::string& client) const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ReadFile(CertificateFile("ca"));
  if (!client.empty()) {
    options.pem_cert_chain = ReadFile(CertificateFile(client));
    options.pem_private_key = ReadFile(KeyFile(client));
  }
  return grpc::SslCredentials(options);
}

void CertificateAuthority::OpenSsl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "openssl");
  const auto finished = RunProgram(arguments, folder_ + "/openssl.log", 60);
  ASSERT_TRUE(finished.ok()) << MessageOf(finished.status());
  ASSERT_EQ(finished->exit_code, 0) << finished->errors;
}

}  // namespace fringewatch::integration
