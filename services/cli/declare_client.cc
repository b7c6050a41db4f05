#include "services/cli/client_commands.h"
#include "services/cli/declare.h"
#include "services/scheduler/core/run_policy.h"

namespace fringewatch::cli {
namespace {

constexpr const char* kRunHelp = "Run id, as `runs` lists it";

void AddConnection(CLI::App& command, ConnectionOptions& connection) {
  const auto option = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("Connection");
  };
  const auto flag = [&command](const char* name, bool& value, const char* help) {
    command.add_flag(name, value, help)->group("Connection");
  };
  option("--server", connection.server, "Scheduler: HOST:PORT or https://HOST:PORT")->envname("FRINGEWATCH_SERVER");
  option("--results", connection.results, "Results service; default: the same")->envname("FRINGEWATCH_RESULTS");
  flag("--tls", connection.tls, "Encrypt, with the certificates that the system trusts");
  option("--ca", connection.ca, "PEM file: encrypt, and trust only these certificates")->envname("FRINGEWATCH_CA");
  option("--cert", connection.certificate, "PEM file: our certificate, for servers that ask")
      ->envname("FRINGEWATCH_CERT");
  option("--key", connection.key, "PEM file: the key of --cert")->envname("FRINGEWATCH_KEY");
  flag("--plaintext", connection.plaintext, "Go on without encryption to another machine; never with a token");
  option("--token-file", connection.token_file, "File with the bearer token")->envname("FRINGEWATCH_TOKEN_FILE");
  option("--timeout", connection.timeout_s, "Seconds that one call may take")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
}

/// Connection and output of every client command.
void AddClient(CLI::App& command, ClientOptions& options) {
  AddConnection(command, options.connection);
  command
      .add_option_function<std::string>(
          "--output",
          [&options](const std::string& name) { options.output = name == "json" ? Output::kJson : Output::kTable; },
          "table for people, json for programs")
      ->default_str("table")
      ->check(CLI::IsMember({"table", "json"}));
}

void AddLimit(CLI::App& command, int& limit) {
  command.add_option("--limit", limit, "List at most so many, 0 = all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

void AddTrack(CLI::App& command, TrackOptions& track) {
  AddSource(command, track.source);
  const scheduler::RunPolicy usual;
  CLI::Option* threshold = command
                               .add_option("--threshold", track.threshold,
                                           fmt::format("Evidence a site must reach; default: {}", usual.threshold))
                               ->check(Within(scheduler::kThresholdLimits));
  AddFalseSites(command, track.false_sites, *threshold);
  command
      .add_option("--tile", track.tile_px, fmt::format("Core of a detection tile, pixels; default: {}", usual.tile_px))
      ->check(Within(scheduler::kTileLimits_px));
  command.add_option("--halo", track.halo_px, fmt::format("Context around a tile, pixels; default: {}", usual.halo_px))
      ->check(Within(scheduler::kHaloLimits_px));
  command.add_flag("--skip-rejected", track.skip_rejected, "Go on without the inputs that were rejected");
}

/// A command with its options and connection.
template <typename Options>
std::pair<CLI::App*, std::shared_ptr<Options>> Add(CLI::App& app, const char* name, const char* help,
                                                   ExitCode (*call)(const Options&, const Console&),
                                                   const Console& console, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(name, help)->group("On a cluster");
  auto options =
      OptionsOf<Options>(*command, chosen, [call, &console](const Options& parsed) { return call(parsed, console); });
  return {command, options};
}

void DeclareSubmission(CLI::App& app, const Console& console, Chosen& chosen) {
  constexpr double kOpenStack_s = 600;  // the scheduler looks at every file before it answers
  const auto [submit, s] = Add<SubmitOptions>(app, "submit", "Start a run", SubmitCommand, console, chosen);
  s->connection.timeout_s = kOpenStack_s;
  AddTrack(*submit, s->track);
  submit
      ->add_option_function<std::string>(
          "--priority", [options = s.get()](const std::string& name) { options->emergency = name == "emergency"; },
          "routine, or emergency: before everything that is routine")
      ->default_str("routine")
      ->check(CLI::IsMember({"routine", "emergency"}));
  submit->add_option("--request-id", s->request_id, "UUID of this request, to repeat it safely; default: random");
  submit->add_flag("--watch", s->watch, "Follow the run to its end");
  AddClient(*submit, *s);

  const auto [plan, p] = Add<PlanOptions>(app, "plan", "What submit would do: inputs, tiles, time; starts nothing",
                                          PlanCommand, console, chosen);
  p->connection.timeout_s = kOpenStack_s;
  AddTrack(*plan, p->track);
  AddClient(*plan, *p);
}

void DeclareRuns(CLI::App& app, const Console& console, Chosen& chosen) {
  const auto [watch, w] = Add<RunIdOptions>(app, "watch", "Follow a run to its end", WatchCommand, console, chosen);
  watch->add_option("run", w->run_id, kRunHelp)->required();
  AddClient(*watch, *w);

  const auto [runs, r] =
      Add<RunsOptions>(app, "runs", "List runs, newest first, or show one", RunsCommand, console, chosen);
  runs->add_option("run", r->run_id, "Show this run with all that is known");
  runs->add_option("--state", r->states, "Only runs in these states")
      ->delimiter(',')
      ->check(CLI::IsMember(
          {"QUEUED", "DETECTING", "UNWRAPPING", "AGGREGATING", "SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"}));
  runs->add_option("--track", r->track, "Only runs of this track");
  AddLimit(*runs, r->limit);
  AddClient(*runs, *r);

  const auto [cancel, c] = Add<RunIdOptions>(app, "cancel", "Stop a run; what is done stays, resume goes on from it",
                                             CancelCommand, console, chosen);
  cancel->add_option("run", c->run_id, kRunHelp)->required();
  AddClient(*cancel, *c);

  const auto [resume, e] =
      Add<RunIdOptions>(app, "resume", "Go on with a run that ended early", ResumeCommand, console, chosen);
  resume->add_option("run", e->run_id, kRunHelp)->required();
  resume->add_flag("--watch", e->watch, "Follow the run to its end");
  AddClient(*resume, *e);
}

void DeclareDead(CLI::App& app, const Console& console, Chosen& chosen) {
  const auto [dead, d] = Add<DeadOptions>(app, "dead", "Tasks that failed for good", DeadCommand, console, chosen);
  dead->add_option("--run", d->run_id, "Only of this run");
  dead->add_flag("--history", d->history, "Print every attempt");
  AddLimit(*dead, d->limit);
  AddClient(*dead, *d);

  const auto [retry, t] =
      Add<RetryOptions>(app, "retry", "Try dead tasks of a run again", RetryCommand, console, chosen);
  retry->add_option("run", t->run_id, kRunHelp)->required();
  retry->add_option("task", t->task_id, "Task id, as `dead` lists it; default: all of the run");
  retry->add_flag("--watch", t->watch, "Follow the run to its end");
  AddClient(*retry, *t);
}

void DeclareResults(CLI::App& app, const Console& console, Chosen& chosen) {
  const auto [sites, s] =
      Add<SitesOptions>(app, "sites", "List moving sites, or show one", SitesCommand, console, chosen);
  sites->add_option("site", s->site_id, "Show this site with all that is known");
  sites->add_option("--run", s->run_id, "As this run has them; default: each as its newest run");
  sites->add_option("--track", s->track, "Only of this track");
  sites->add_option("--bbox", s->bbox, "Only what touches the box: WEST,SOUTH,EAST,NORTH in degrees")
      ->delimiter(',')
      ->expected(4);
  sites->add_option("--from", s->from_date, "Only series that reach beyond this date, YYYY-MM-DD");
  sites->add_option("--to", s->to_date, "Only series that begin before this date, YYYY-MM-DD");
  sites->add_option("--min-velocity", s->min_velocity_mm_yr, "Only what moves this fast, mm/yr, either way")
      ->check(CLI::NonNegativeNumber);
  AddLimit(*sites, s->limit);
  AddClient(*sites, *s);

  const auto [series, e] =
      Add<SeriesOptions>(app, "series", "Displacement of a site over time", SeriesCommand, console, chosen);
  series->add_option("site", e->site_id, "Site id, as `sites` lists it")->required();
  series->add_option("--run", e->run_id, "As this run has it; default: the newest");
  series->add_option("--pixel", e->pixel, "ROW,COL of the frame; default: mean of the site")
      ->delimiter(',')
      ->expected(2);
  AddClient(*series, *e);

  const auto [products, p] =
      Add<ProductsOptions>(app, "products", "The files of a run, with their SHA-256", ProductsCommand, console, chosen);
  products->add_option("run", p->run_id, kRunHelp)->required();
  products->add_option("--verify", p->verify, "Compare the copies in this folder with what the run wrote");
  AddClient(*products, *p);
}

}  // namespace

void DeclareClient(CLI::App& app, const Console& console, Chosen& chosen) {
  DeclareSubmission(app, console, chosen);
  DeclareRuns(app, console, chosen);
  DeclareDead(app, console, chosen);
  DeclareResults(app, console, chosen);
}

}  // namespace fringewatch::cli
