/// A client command as it is typed, against a scripted server, with its output in strings.
#pragma once

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>

#include "services/cli/declare.h"

namespace fringewatch::cli {

struct Said {
  ExitCode code = ExitCode::kDone;
  std::string out, err;
};

/// How the outside world behaves.
struct World {
  bool terminal = false;
  int columns = 80;
  std::function<bool()> interrupted = [] { return false; };
  std::function<void(std::chrono::milliseconds)> pause = [](std::chrono::milliseconds) {};
};

/// Parses `line` (without the program's name) and runs it. A line that the parser refuses gives kUsage.
inline Said Say(const std::string& line, const World& world = {}) {
  std::ostringstream out, err;
  const Console console{out, err, world.terminal, world.columns, world.interrupted, world.pause};
  CLI::App app;
  Chosen chosen;
  DeclareClient(app, console, chosen);
  DeclareCompletion(app, console, chosen);
  Said said;
  try {
    app.parse(line);
    said.code = chosen();
  } catch (const CLI::ParseError& e) {
    err << e.what();
    said.code = ExitCode::kUsage;
  }
  said.out = out.str();
  said.err = err.str();
  return said;
}

}  // namespace fringewatch::cli
