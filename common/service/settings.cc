#include "common/service/settings.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/version.h"

namespace fringewatch::service {
namespace {

constexpr int kUsage = 2;

std::string Replace(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

std::string VariableOf(const std::string& key) {
  std::string variable = "FRINGEWATCH_" + Replace(key, '.', '_');
  std::transform(variable.begin(), variable.end(), variable.begin(), [](unsigned char c) { return std::toupper(c); });
  return variable;
}

bool IsSet(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value != nullptr && *value != '\0';
}

/// A value as the text that a flag would have; none for what no setting can hold (dates, tables).
std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto truth = node.value_exact<bool>()) return std::string(*truth ? "true" : "false");
  return std::nullopt;
}

std::optional<std::vector<std::string>> TextsOf(const toml::node& node) {
  std::vector<std::string> texts;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& item : *array) {
      const std::optional<std::string> text = TextOf(item);
      // CLI11 would part it, as it parts the lists of flags and variables.
      if (!text || text->find(',') != std::string::npos) return std::nullopt;
      texts.push_back(*text);
    }
    return texts;
  }
  const std::optional<std::string> text = TextOf(node);
  if (!text) return std::nullopt;
  texts.push_back(*text);
  return texts;
}

int Complain(const std::vector<std::string>& wrong) {
  for (const std::string& line : wrong) std::cerr << "error: " << line << "\n";
  std::cerr << "see --help\n";
  return kUsage;
}

}  // namespace

/// Reads a settings file for CLI11, whose own reader takes only a part of TOML (no comment after an array's item, no
/// '#' in a string), and lets a file win over the environment.
class Settings::TomlFile final : public CLI::Config {
 public:
  explicit TomlFile(const std::vector<Entry>& entries) : entries_(entries) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    toml::table table;
    try {
      table = toml::parse(input);
    } catch (const toml::parse_error& error) {
      throw CLI::ConfigError(fmt::format("line {}: {}", error.source().begin.line, error.description()));
    }
    std::vector<CLI::ConfigItem> found;
    std::vector<std::string> wrong;
    Collect(table, "", found, wrong);
    if (!wrong.empty()) throw CLI::ConfigError(fmt::format("{}", fmt::join(wrong, "; ")));
    return found;
  }

  /// The keys that the file set.
  [[nodiscard]] const std::set<std::string>& keys() const { return keys_; }

 private:
  void Collect(const toml::table& table, const std::string& above, std::vector<CLI::ConfigItem>& found,
               std::vector<std::string>& wrong) const {
    for (const auto& [name, node] : table) {
      const std::string key = above + std::string(name.str());
      if (const toml::table* section = node.as_table()) {
        Collect(*section, key + ".", found, wrong);
        continue;
      }
      const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
      const std::optional<std::vector<std::string>> texts = TextsOf(node);
      const auto line = node.source().begin.line;
      if (entry == entries_.end()) {
        wrong.push_back(fmt::format("line {}: unknown key '{}'", line, key));
      } else if (!texts) {
        wrong.push_back(fmt::format(
            "line {}: '{}' is neither text, number, truth value nor a list of these without commas", line, key));
      } else if (!IsSet(entry->variable) && !texts->empty()) {
        // CLI11 would let the file win over the environment. It takes no empty list: every list is empty by default.
        keys_.insert(key);
        CLI::ConfigItem item;
        item.name = entry->flag.substr(2);
        item.inputs = *texts;
        found.push_back(std::move(item));
      }
    }
  }

  const std::vector<Entry>& entries_;
  mutable std::set<std::string> keys_;  // from_config is const in CLI11
};

Settings::Settings(const std::string& program, const std::string& description) : app_(description, program) {
  const char* file = std::getenv("FRINGEWATCH_CONFIG");
  const bool named = file != nullptr && *file != '\0';
  app_.set_config("--config", named ? file : "", "Settings file (TOML); also FRINGEWATCH_CONFIG", named);
  app_.set_version_flag("--version", std::string(kVersion), "Print the version");
  app_.add_flag("--print-config", print_config_, "Print the settings file that gives these settings")
      ->configurable(false);
  file_ = std::make_shared<TomlFile>(entries_);
  app_.config_formatter(file_);
  app_.allow_config_extras(CLI::config_extras_mode::error);
  app_.get_formatter()->column_width(44);
}

Settings::~Settings() = default;

std::string Settings::FlagOf(const std::string& key) { return "--" + Replace(Replace(key, '.', '-'), '_', '-'); }

// A JSON string is a TOML string.
std::string Settings::TomlOf(const std::string& value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Settings::TomlOf(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values) quoted.push_back(TomlOf(value));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

void Settings::Declare(const std::string& key, const std::string& help, CLI::Option* option,
                       std::function<std::string()> toml) {
  entries_.push_back({key, help, FlagOf(key), VariableOf(key), std::move(toml)});
  option->envname(entries_.back().variable)->group(key.substr(0, key.find('.')));
  if (option->get_items_expected_max() > 1) option->delimiter(',');
}

void Settings::PrintFile() const {
  std::vector<std::string> sections;
  for (const Entry& entry : entries_) {
    const std::string section = entry.key.substr(0, entry.key.find('.'));
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) sections.push_back(section);
  }
  for (const std::string& section : sections) {
    std::cout << "[" << section << "]\n";
    for (const Entry& entry : entries_) {
      if (!entry.key.starts_with(section + ".")) continue;
      std::cout << "# " << entry.help << "\n" << entry.key.substr(section.size() + 1) << " = " << entry.toml() << "\n";
    }
    std::cout << "\n";
  }
  std::cout.flush();
}

std::optional<int> Settings::Parse(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& answered) {  // --help, --version
    return app_.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    const CLI::Option* config = app_.get_config_ptr();
    const std::string file = config->count() > 0 ? config->as<std::string>() : config->get_default_str();
    if (dynamic_cast<const CLI::ConfigError*>(&error) != nullptr) {
      text = fmt::format("settings file {}: {}", file, text);
    }
    for (const Entry& entry : entries_) {
      if (file_->keys().contains(entry.key) && text.find(entry.flag) != std::string::npos) {
        text += fmt::format(" ('{}' in {})", entry.key, file);
      }
    }
    return Complain({text});
  } catch (const std::exception& error) {
    return Complain({error.what()});
  }
  std::vector<std::string> wrong;
  for (const auto& rule : rules_) {
    for (std::string& line : rule()) wrong.push_back(std::move(line));
  }
  if (!wrong.empty()) return Complain(wrong);
  if (!print_config_) return std::nullopt;
  PrintFile();
  return 0;
}

}  // namespace fringewatch::service
