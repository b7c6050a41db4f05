/// The settings of a process: default < file < environment < flag, declared in one place each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::service {

/// One setting `redis.address` is the key `address` under `[redis]` in the file (TOML), the variable
/// FRINGEWATCH_REDIS_ADDRESS and the flag --redis-address. An unknown key is an error.
class Settings {
 public:
  Settings(const std::string& program, const std::string& description);

  /// Binds `value`, whose present content is the default.
  template <typename T>
  void Add(const std::string& key, T& value, const std::string& help) {
    Declare(key, app_.add_option(FlagOf(key), value, help)->capture_default_str());
  }
  /// A rule over several settings; returns what is wrong, empty when nothing is. All rules are asked, and all that
  /// is wrong is reported at once.
  void Check(std::function<std::vector<std::string>()> rule) { rules_.push_back(std::move(rule)); }

  /// Reads --config FILE, environment and flags. None: go on. Else the process ends with this code: --help,
  /// --version and --print-config (the file that gives the present settings; no secret is a setting, only the names
  /// of files that hold one) were answered, or what is wrong stands on stderr (2).
  [[nodiscard]] std::optional<int> Parse(int argc, char** argv);

 private:
  static std::string FlagOf(const std::string& key);
  void Declare(const std::string& key, CLI::Option* option);

  CLI::App app_;
  std::vector<std::function<std::vector<std::string>()>> rules_;
};

}  // namespace fringewatch::service
