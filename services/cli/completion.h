/// Shell completion, made from the parser itself: it knows every command and option that the program has.
#pragma once

#include <CLI/CLI.hpp>
#include <ostream>
#include <string>

namespace fringewatch::cli {

/// Writes the script for `shell`: "bash", "zsh" or "fish". Commands, options, and the values of options that take one
/// of a list; files for the others.
void WriteCompletion(const CLI::App& app, const std::string& shell, std::ostream& out);

}  // namespace fringewatch::cli
