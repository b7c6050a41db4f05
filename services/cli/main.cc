/// The program `fringewatch`: declares the commands, parses, and hands over.
#include <CLI/CLI.hpp>

#include "common/base/memory.h"
#include "common/base/version.h"
#include "services/cli/declare.h"
#include "services/cli/interrupt.h"

namespace fringewatch::cli {
namespace {

int Main(int argc, char** argv) {
  KeepFreedMemory();
  CLI::App app("Fringewatch: finds moving ground in wrapped radar interferograms, and measures it");
  app.set_version_flag("--version", std::string("fringewatch ") + kVersion);
  app.require_subcommand(1);
  const Console console = StandardConsole();
  Chosen chosen;
  DeclareLocal(app, chosen);
  DeclareClient(app, console, chosen);
  DeclareCompletion(app, console, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? static_cast<int>(ExitCode::kDone) : static_cast<int>(ExitCode::kUsage);
  }
  CatchInterrupts();
  try {
    return static_cast<int>(chosen());
  } catch (const std::exception& e) {
    return static_cast<int>(Report(Error(Fault::kInternal, "{}; please report this", e.what())));
  }
}

}  // namespace
}  // namespace fringewatch::cli

int main(int argc, char** argv) { return fringewatch::cli::Main(argc, argv); }
