/// A PostgreSQL server with PostGIS for one test program: started when first asked for, on a socket in a temporary
/// folder, gone at the end.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/temporary_folder.h"

namespace fringewatch {

class PostgresServer {
 public:
  /// Null when PostgreSQL, PostGIS or the right to start them is missing: says so on stderr, since what is not tested
  /// must not look tested.
  static PostgresServer* Shared() {
    static const std::unique_ptr<PostgresServer> server = Start();
    return server.get();
  }
  ~PostgresServer() { (void)AsPostgres("pg_ctl -D '" + Folder() + "/data' -m immediate stop"); }

  /// GDAL's connection string of a new database with PostGIS.
  std::string NewDatabase() {
    const std::string name = "test_" + std::to_string(++databases_);
    EXPECT_TRUE(AsPostgres("createdb -h '" + Folder() + "' -T with_postgis " + name));
    return "PG:host=" + Folder() + " dbname=" + name + " user=postgres";
  }
  /// As an administrator. False when it failed.
  bool Sql(const std::string& sql) {
    return AsPostgres("psql -q -v ON_ERROR_STOP=1 -h '" + Folder() + "' -d postgres -c \"" + sql + "\"");
  }

 private:
  PostgresServer() = default;

  static std::string Binaries() {
    std::string found;
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
      if (std::filesystem::exists(version.path() / "bin/initdb"))
        found = std::max(found, (version.path() / "bin").string());
    }
    return found;
  }

  std::string Folder() const { return folder_.path().string(); }

  /// The server refuses to run as root.
  bool AsPostgres(const std::string& command) const {
    const std::string quiet =
        "cd / && export PATH=" + Binaries() + ":$PATH && { " + command + "; } >>'" + Folder() + "/test.log' 2>&1";
    if (::geteuid() != 0) return std::system(quiet.c_str()) == 0;
    const std::string script = Folder() + "/command.sh";
    std::FILE* file = std::fopen(script.c_str(), "w");
    std::fputs(quiet.c_str(), file);
    std::fclose(file);
    ::chmod(script.c_str(), 0755);
    return std::system(("runuser -u postgres -- bash '" + script + "'").c_str()) == 0;
  }

  static std::unique_ptr<PostgresServer> Start() {
    std::unique_ptr<PostgresServer> server(new PostgresServer());
    const std::string folder = server->Folder();
    const auto missing = [&](const std::string& what) {
      std::fprintf(stderr, "\n*** PostGIS IS NOT TESTED: %s ***\n\n", what.c_str());
      return nullptr;
    };
    if (Binaries().empty()) return missing("no PostgreSQL server (apt install postgresql-15-postgis-3)");
    ::chmod(folder.c_str(), 0777);  // the server's user works in it
    if (!server->AsPostgres("initdb -D '" + folder +
                            "/data' -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync") ||
        !server->AsPostgres("pg_ctl -D '" + folder + "/data' -l '" + folder +
                            "/server.log' -w -o \"-c listen_addresses='' "
                            "-c fsync=off -c unix_socket_directories='" +
                            folder + "'\" start")) {
      return missing("the server does not start; see the lines above");
    }
    if (!server->Sql("CREATE DATABASE with_postgis") ||
        !server->AsPostgres("psql -h '" + folder + "' -d with_postgis -c 'CREATE EXTENSION postgis'")) {
      return missing("no PostGIS (apt install postgresql-15-postgis-3)");
    }
    return server;
  }

  TemporaryFolder folder_;
  int databases_ = 0;
};

}  // namespace fringewatch
