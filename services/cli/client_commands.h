/// The commands that ask the services of a cluster, one function each. Every one prints its own answer and errors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/stack/stack_source.h"
#include "services/cli/client_connection.h"
#include "services/cli/console.h"

namespace fringewatch::cli {

/// What every client command has.
struct ClientOptions {
  ConnectionOptions connection;
  Output output = Output::kTable;
};

/// `plan` and, with the rest, `submit`.
struct TrackOptions {
  StackSource source;
  std::optional<double> threshold, false_sites;  ///< one of them at most
  std::optional<int> tile_px, halo_px;           ///< absent = the scheduler's default
  bool skip_rejected = false;
};

struct PlanOptions : ClientOptions {
  TrackOptions track;
};

struct SubmitOptions : PlanOptions {
  bool emergency = false;
  std::string request_id;  ///< empty = a random UUID
  bool watch = false;
};

/// `watch`, `cancel`, `resume`.
struct RunIdOptions : ClientOptions {
  std::string run_id;
  bool watch = false;  ///< after `resume`
};

struct RunsOptions : ClientOptions {
  std::string run_id;               ///< one run, with all that is known; empty = list
  std::vector<std::string> states;  ///< "QUEUED" ...
  std::string track;
  int limit = 0;  ///< 0 = all
};

struct DeadOptions : ClientOptions {
  std::string run_id;
  bool history = false;
  int limit = 0;
};

struct RetryOptions : RunIdOptions {
  std::string task_id;  ///< empty = all dead tasks of the run
};

struct SitesOptions : ClientOptions {
  std::string site_id;  ///< one site, with all that is known; empty = list
  std::string run_id;
  std::string track;
  std::vector<double> bbox;  ///< west, south, east, north; empty = everywhere
  std::string from_date, to_date;
  double min_velocity_mm_yr = 0;
  int limit = 0;
};

struct SeriesOptions : ClientOptions {
  std::string site_id;
  std::string run_id;
  std::vector<int> pixel;  ///< row, col; empty = mean of the site
};

struct ProductsOptions : ClientOptions {
  std::string run_id;
  std::string verify;  ///< folder with copies; empty = do not compare
};

[[nodiscard]] ExitCode SubmitCommand(const SubmitOptions& options, const Console& console);
[[nodiscard]] ExitCode PlanCommand(const PlanOptions& options, const Console& console);
[[nodiscard]] ExitCode WatchCommand(const RunIdOptions& options, const Console& console);
[[nodiscard]] ExitCode RunsCommand(const RunsOptions& options, const Console& console);
[[nodiscard]] ExitCode CancelCommand(const RunIdOptions& options, const Console& console);
[[nodiscard]] ExitCode ResumeCommand(const RunIdOptions& options, const Console& console);
[[nodiscard]] ExitCode DeadCommand(const DeadOptions& options, const Console& console);
[[nodiscard]] ExitCode RetryCommand(const RetryOptions& options, const Console& console);
[[nodiscard]] ExitCode SitesCommand(const SitesOptions& options, const Console& console);
[[nodiscard]] ExitCode SeriesCommand(const SeriesOptions& options, const Console& console);
[[nodiscard]] ExitCode ProductsCommand(const ProductsOptions& options, const Console& console);

}  // namespace fringewatch::cli
