#include "services/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "services/cli/table.h"

namespace fringewatch::cli {

Console StandardConsole() {
  Console console{.out = std::cout, .err = std::cerr, .terminal = isatty(STDERR_FILENO) != 0};
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) console.columns = size.ws_col;
  return console;
}

ExitCode Report(const Console& console, const Status& status) {
  console.out.flush();  // what was printed before the error is read before it
  if (!status.ok()) console.err << "error: " << Plain(MessageOf(status), LineEnds::kKeep) << std::endl;
  return ExitCodeOf(status);
}

}  // namespace fringewatch::cli
