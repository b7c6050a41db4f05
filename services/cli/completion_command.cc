/// `fringewatch completion`: a script that teaches a shell the commands and options.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/cli/completion.h"
#include "services/cli/declare.h"

namespace fringewatch::cli {
namespace {

struct OptionWords {
  std::vector<std::string> names;  ///< "--help", "-h"; empty = an argument by position
  std::string help;
  bool takes_value = false;
  std::vector<std::string> choices;  ///< empty = any value
};

struct CommandWords {
  std::string name;
  std::string help;
  std::vector<OptionWords> options;
  std::vector<std::string> choices;  ///< of its arguments by position
};

/// CLI11 names the members of a list in the type: "TEXT:{auto,licsar}".
std::vector<std::string> ChoicesIn(const std::string& type) {
  const size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

/// Help that stands on one line without quotes, which each shell would read in its own way.
std::string Quotable(std::string help) {
  for (char& c : help) {
    if (c == '\'' || c == '"' || c == '`' || c == '\\' || c == '$' || c == '\n') c = ' ';
  }
  return help;
}

void AddOptions(const CLI::App& app, CommandWords& command) {
  for (const CLI::Option* option : app.get_options()) {
    OptionWords words;
    for (const std::string& name : option->get_lnames()) words.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) words.names.push_back("-" + name);
    words.help = Quotable(option->get_description());
    words.takes_value = option->get_items_expected_max() > 0;
    words.choices = ChoicesIn(option->get_type_name());
    if (words.names.empty()) {
      command.choices.insert(command.choices.end(), words.choices.begin(), words.choices.end());
    } else {
      command.options.push_back(std::move(words));
    }
  }
  // Option groups are nameless commands inside the command.
  for (const CLI::App* group : app.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
    AddOptions(*group, command);
  }
}

std::vector<CommandWords> CommandsOf(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* any) { return !any->get_name().empty(); })) {
    CommandWords command{.name = sub->get_name(), .help = Quotable(sub->get_description())};
    AddOptions(*sub, command);
    commands.push_back(std::move(command));
  }
  return commands;
}

std::vector<std::string> NamesOf(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  for (const CommandWords& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> NamesOf(const CommandWords& command) {
  std::vector<std::string> names;
  for (const OptionWords& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

void WriteBash(const CommandWords& program, const std::vector<CommandWords>& commands, std::ostream& out) {
  out << "# bash completion of fringewatch: source <(fringewatch completion bash)\n"
         "_fringewatch() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=\n"
         "  COMPREPLY=()\n"
         "  if [[ $COMP_CWORD -eq 1 ]]; then\n";
  out << fmt::format("    COMPREPLY=($(compgen -W '{} {}' -- \"$cur\"))\n    return\n  fi\n",
                     fmt::join(NamesOf(commands), " "), fmt::join(NamesOf(program), " "));
  out << "  case \"$command $prev\" in\n";
  for (const CommandWords& command : commands) {
    for (const OptionWords& option : command.options) {
      if (!option.takes_value) continue;
      for (const std::string& name : option.names) {
        out << fmt::format("    '{} {}') COMPREPLY=($(compgen {} -- \"$cur\")); return ;;\n", command.name, name,
                           option.choices.empty() ? "-f" : fmt::format("-W '{}'", fmt::join(option.choices, " ")));
      }
    }
  }
  out << "  esac\n  case $command in\n";
  for (const CommandWords& command : commands) {
    out << fmt::format("    {}) words='{}{}{}' ;;\n", command.name, fmt::join(command.choices, " "),
                       command.choices.empty() ? "" : " ", fmt::join(NamesOf(command), " "));
  }
  out << "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
         "complete -o filenames -F _fringewatch fringewatch\n";
}

/// Inside [...] of an argument of _arguments.
std::string ForZsh(const std::string& help) {
  std::string text;
  for (const char c : help) {
    if (c == '[' || c == ']' || c == ':') text += '\\';
    text += c;
  }
  return text;
}

void WriteZsh(const CommandWords&, const std::vector<CommandWords>& commands, std::ostream& out) {
  out << "#compdef fringewatch\n"
         "# zsh completion of fringewatch: source <(fringewatch completion zsh)\n"
         "_fringewatch() {\n  local -a commands\n  commands=(\n";
  for (const CommandWords& command : commands) out << fmt::format("    '{}:{}'\n", command.name, ForZsh(command.help));
  out << "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
         "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n";
  for (const CommandWords& command : commands) {
    out << "    " << command.name << ") _arguments";
    for (const OptionWords& option : command.options) {
      for (const std::string& name : option.names) {
        out << fmt::format(" \\\n      '{}[{}]", name, ForZsh(option.help));
        if (option.takes_value && option.choices.empty()) out << ":value:_files";
        if (!option.choices.empty()) out << fmt::format(":value:({})", fmt::join(option.choices, " "));
        out << "'";
      }
    }
    if (!command.choices.empty()) out << fmt::format(" \\\n      '1:value:({})'", fmt::join(command.choices, " "));
    out << " ;;\n";
  }
  out << "  esac\n}\n"
         "if [[ $funcstack[1] == _fringewatch ]]; then _fringewatch \"$@\"; else compdef _fringewatch fringewatch; "
         "fi\n";
}

void WriteFish(const CommandWords&, const std::vector<CommandWords>& commands, std::ostream& out) {
  out << "# fish completion of fringewatch: fringewatch completion fish | source\n"
         "complete -c fringewatch -f\n";
  for (const CommandWords& command : commands) {
    out << fmt::format("complete -c fringewatch -n __fish_use_subcommand -a {} -d '{}'\n", command.name, command.help);
    const std::string seen = fmt::format("complete -c fringewatch -n '__fish_seen_subcommand_from {}'", command.name);
    for (const OptionWords& option : command.options) {
      out << seen;
      for (const std::string& name : option.names) {
        out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      }
      if (option.takes_value && option.choices.empty()) out << " -r -F";
      if (!option.choices.empty()) out << fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
      out << fmt::format(" -d '{}'\n", option.help);
    }
    if (!command.choices.empty()) out << seen << fmt::format(" -a '{}'\n", fmt::join(command.choices, " "));
  }
}

}  // namespace

void WriteCompletion(const CLI::App& app, const std::string& shell, std::ostream& out) {
  CommandWords program;
  AddOptions(app, program);
  const std::vector<CommandWords> commands = CommandsOf(app);
  if (shell == "bash") WriteBash(program, commands, out);
  if (shell == "zsh") WriteZsh(program, commands, out);
  if (shell == "fish") WriteFish(program, commands, out);
}

void DeclareCompletion(CLI::App& app, const Console& console, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("completion", "A script that completes commands and options in your shell");
  const auto shell = OptionsOf<std::string>(*command, chosen, [&app, &console](const std::string& parsed) {
    WriteCompletion(app, parsed, console.out);
    return ExitCode::kDone;
  });
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace fringewatch::cli
