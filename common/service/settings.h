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

/// One setting `redis.password_file` is the key `password_file` under `[redis]` in the file (TOML), the variable
/// FRINGEWATCH_REDIS_PASSWORD_FILE (empty = not set; lists part their values by commas) and the flag
/// --redis-password-file. The file is named by --config or FRINGEWATCH_CONFIG. An unknown key in it is an error.
class Settings {
 public:
  Settings(const std::string& program, const std::string& description);
  ~Settings();
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  /// Binds `value`, whose present content is the default. T: bool, a number, string, or vector of strings.
  template <typename T>
  void Add(const std::string& key, T& value, const std::string& help) {
    Declare(key, help, app_.add_option(FlagOf(key), value, help)->capture_default_str(),
            [&value] { return TomlOf(value); });
  }
  /// A rule over several settings; returns what is wrong, empty when nothing is. All rules are asked, and all that
  /// is wrong is reported at once.
  void Check(std::function<std::vector<std::string>()> rule) { rules_.push_back(std::move(rule)); }

  /// Reads the file, environment and flags. None: go on. Else the process ends with this code: --help,
  /// --version and --print-config (the file that gives the present settings; no secret is a setting, only the names
  /// of files that hold one) were answered, or what is wrong stands on stderr (2).
  [[nodiscard]] std::optional<int> Parse(int argc, char** argv);

 private:
  struct Entry {
    std::string key, help;
    std::string flag, variable;
    std::function<std::string()> toml;  ///< the present value
  };
  class TomlFile;

  static std::string FlagOf(const std::string& key);
  static std::string TomlOf(const std::string& value);
  static std::string TomlOf(const std::vector<std::string>& values);
  static std::string TomlOf(bool value) { return value ? "true" : "false"; }
  template <typename T>
  static std::string TomlOf(const T& number) {
    return fmt::format("{}", number);
  }

  void Declare(const std::string& key, const std::string& help, CLI::Option* option, std::function<std::string()> toml);
  void PrintFile() const;

  CLI::App app_;
  std::shared_ptr<TomlFile> file_;
  std::vector<Entry> entries_;
  std::vector<std::function<std::vector<std::string>()>> rules_;
  bool print_config_ = false;
};

}  // namespace fringewatch::service
