/// The program `fringewatch`: declares the commands and their options, and hands over.
#include <CLI/CLI.hpp>
#include <functional>

#include "common/base/version.h"
#include "services/cli/commands.h"
#include "services/cli/interrupt.h"

namespace fringewatch::cli {
namespace {

/// A command that has been parsed and waits to be called.
using Chosen = std::function<ExitCode()>;

void AddCompute(CLI::App& command, ComputeOptions& compute) {
  command.add_option("--models", compute.models, "Folder of the networks")->group("Compute");
  command.add_option("--device", compute.device, "auto, cpu, cuda or cuda:N")->capture_default_str()->group("Compute");
  command.add_option("--precision", compute.precision, "auto, fp32 or bf16")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}))
      ->group("Compute");
  command.add_option("--threads", compute.threads, "Processors to use, 0 = all")
      ->check(CLI::NonNegativeNumber)
      ->group("Compute");
}

void AddSource(CLI::App& command, StackSource& source) {
  command.add_option("--source", source.path, "Frame folder, or one that holds it")->required()->group("Input");
  command.add_option("--track", source.track_name, "Name of the track; default: from the folder")->group("Input");
  command.add_option("--format", source.format, "auto, licsar, hyp3, isce2, gamma or geotiff")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "licsar", "hyp3", "isce2", "gamma", "geotiff"}))
      ->group("Input");
  command.add_option("--pattern", source.pattern, "geotiff: file name with {date1} and {date2}")->group("Input");
  command.add_option("--coherence", source.coherence_pattern, "geotiff: the same for coherence")->group("Input");
  command.add_option("--dem", source.height_path, "Heights in metres, on the grid of the pairs")->group("Input");
  command.add_flag("--unwrapped", source.unwrapped, "The files hold unwrapped phase (rad): wrap it")->group("Input");
  command.add_flag("--flip-sign", source.flip_sign, "Multiply the phase by -1")->group("Input");
  command.add_option("--wavelength", source.wavelength_m, "Metres, where the metadata do not say")
      ->check(CLI::PositiveNumber)
      ->group("Input");
  command.add_option("--pixel-size", source.pixel_size_m, "Metres, for radar geometry without metadata")
      ->check(CLI::PositiveNumber)
      ->group("Input");
}

void AddPair(CLI::App& command, PairFiles& files) {
  command.add_option("--phase", files.phase, "Wrapped phase (rad) or complex interferogram")->required();
  command.add_option("--coherence", files.coherence, "Coherence, 0 to 1; default: estimated from the phase");
}

void DeclareRun(CLI::App& app, RunOptions& options, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("run", "The whole job in one process: a stack in, sites and series out");
  AddSource(*command, options.source);
  command->add_option("--out", options.out, "Run folder; default: runs/<run id>");
  command->add_option("--threshold", options.threshold, "Evidence a site must reach")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 0.99));
  command->add_option("--tile", options.tile_px, "Core of a detection tile, pixels")
      ->capture_default_str()
      ->check(CLI::Range(64, 8192));
  command->add_option("--halo", options.halo_px, "Context around a tile, pixels")
      ->capture_default_str()
      ->check(CLI::Range(0, 2048));
  command->add_flag("--skip-rejected", options.skip_rejected, "Go on without the inputs that were rejected");
  AddCompute(*command, options.compute);
  command->callback([&] { chosen = [&] { return RunCommand(options); }; });
}

void DeclareSimulate(CLI::App& app, SimulateOptions& options, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("simulate", "A frame with known truth, in the LiCSAR layout");
  sim::SceneConfig& scene = options.scene;
  scene.sites.count = 12;
  command->add_option("--out", options.out, "Folder to write")->required();
  command->add_option("--seed", scene.seed)->capture_default_str();
  command->add_option("--rows", scene.rows)->capture_default_str()->check(CLI::Range(64, 65536));
  command->add_option("--cols", scene.cols)->capture_default_str()->check(CLI::Range(64, 65536));
  command->add_option("--pixel-size", scene.pixel_m, "Metres")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--wavelength", scene.wavelength_m, "Metres")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--epochs", scene.epochs)->capture_default_str()->check(CLI::Range(2, 1000));
  command->add_option("--repeat", scene.repeat_days, "Days between epochs")->capture_default_str();
  command->add_option("--pairs", scene.pairs)->capture_default_str()->check(CLI::Range(1, 100000));
  command->add_option("--max-span", scene.max_span_days, "Longest pair, days")->capture_default_str();
  command->add_option("--sites", scene.sites.count)->capture_default_str()->check(CLI::NonNegativeNumber);
  command->add_option("--rate-min", scene.sites.rate_min_m_per_yr, "m/yr line of sight")->capture_default_str();
  command->add_option("--rate-max", scene.sites.rate_max_m_per_yr, "m/yr line of sight")->capture_default_str();
  command->add_option("--radius-min", scene.sites.radius_min_m, "m, at 5 % of the peak")->capture_default_str();
  command->add_option("--radius-max", scene.sites.radius_max_m, "m, at 5 % of the peak")->capture_default_str();
  command->add_option("--coherence-min", scene.coherence_min)->capture_default_str()->check(CLI::Range(0.0, 1.0));
  command->add_option("--coherence-max", scene.coherence_max)->capture_default_str()->check(CLI::Range(0.0, 1.0));
  command->callback([&] { chosen = [&] { return SimulateCommand(options); }; });
}

void DeclareEvaluate(CLI::App& app, EvaluateOptions& options, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("evaluate", "Compare a run with the truth, or with another velocity map");
  command->add_option("--run", options.run, "Run folder")->required();
  CLI::Option_group* against = command->add_option_group("Against");
  against->add_option("--truth", options.truth, "Folder `truth` of the simulation");
  against->add_option("--reference", options.reference,
                      "Velocity raster on the run's grid: mm/yr, towards the satellite");
  against->require_option(1);
  command->add_flag("--json", options.json, "Print JSON");
  command->callback([&] { chosen = [&] { return EvaluateCommand(options); }; });
}

void DeclarePairCommands(CLI::App& app, DetectOptions& detect, UnwrapOptions& unwrap, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("detect", "Moving patches in one interferogram");
  AddPair(*command, detect.files);
  command->add_option("--out", detect.out, "Folder to write")->required();
  command->add_option("--threshold", detect.threshold)->capture_default_str()->check(CLI::Range(0.01, 0.99));
  command->add_option("--wavelength", detect.wavelength_m, "Metres")->check(CLI::PositiveNumber);
  command->add_option("--pixel-size", detect.pixel_size_m, "Metres")->check(CLI::PositiveNumber);
  command->add_option("--days", detect.span_days, "Days between the two images")->check(CLI::PositiveNumber);
  AddCompute(*command, detect.compute);
  command->callback([&] { chosen = [&] { return DetectCommand(detect); }; });

  command = app.add_subcommand("unwrap", "Unwrap one interferogram");
  AddPair(*command, unwrap.files);
  command->add_option("--out", unwrap.out, "GeoTIFF to write: phase (rad) and confidence")->required();
  AddCompute(*command, unwrap.compute);
  command->callback([&] { chosen = [&] { return UnwrapCommand(unwrap); }; });
}

int Main(int argc, char** argv) {
  CLI::App app("Fringewatch: finds moving ground in wrapped radar interferograms, and measures it");
  app.set_version_flag("--version", std::string("fringewatch ") + kVersion);
  app.require_subcommand(1);
  Chosen chosen;
  RunOptions run;
  SimulateOptions simulate;
  EvaluateOptions evaluate;
  DetectOptions detect;
  UnwrapOptions unwrap;
  ComputeOptions doctor;
  DeclareRun(app, run, chosen);
  DeclareSimulate(app, simulate, chosen);
  DeclareEvaluate(app, evaluate, chosen);
  DeclarePairCommands(app, detect, unwrap, chosen);
  CLI::App* command = app.add_subcommand("doctor", "What this machine can do, and whether the networks are whole");
  AddCompute(*command, doctor);
  command->callback([&] { chosen = [&] { return DoctorCommand(doctor); }; });
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

ExitCode Report(const Status& status) {
  std::fflush(stdout);  // what was printed before the error is read before it
  if (!status.ok()) fmt::print(stderr, "error: {}\n", MessageOf(status));
  return ExitCodeOf(status);
}

}  // namespace fringewatch::cli

int main(int argc, char** argv) { return fringewatch::cli::Main(argc, argv); }
