/// The commands and options of `fringewatch` for the parser. A command that was parsed waits in Chosen to be called.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "common/stack/stack_source.h"
#include "services/cli/console.h"
#include "services/scheduler/core/run_policy.h"

namespace fringewatch::cli {

using Chosen = std::function<ExitCode()>;

/// `run`, `detect`, `unwrap`, `simulate`, `evaluate`, `doctor`: on this machine.
void DeclareLocal(CLI::App& app, Chosen& chosen);
/// `submit`, `plan`, `watch`, ...: on a cluster. `console` must live when the command is called.
void DeclareClient(CLI::App& app, const Console& console, Chosen& chosen);
/// `completion`, of all commands that `app` has when it is called.
void DeclareCompletion(CLI::App& app, const Console& console, Chosen& chosen);

/// Where a stack lies and how to read it: the same for `run`, `submit` and `plan`.
void AddSource(CLI::App& command, StackSource& source);

/// `--false-sites`, which excludes `threshold`: the same for `run`, `submit` and `plan`.
void AddFalseSites(CLI::App& command, std::optional<double>& false_sites, CLI::Option& threshold);

/// Accepts what lies within `limits`, both ends included.
template <typename T>
[[nodiscard]] CLI::Range Within(const scheduler::Limits<T>& limits) {
  return CLI::Range(limits.least, limits.most);
}

/// New options for `command`. They live as long as the command does, and are what `call` gets when it was chosen.
template <typename Options>
[[nodiscard]] std::shared_ptr<Options> OptionsOf(CLI::App& command, Chosen& chosen,
                                                 std::function<ExitCode(const Options&)> call) {
  auto options = std::make_shared<Options>();
  command.callback([options, &chosen, call = std::move(call)] { chosen = [options, call] { return call(*options); }; });
  return options;
}

}  // namespace fringewatch::cli
