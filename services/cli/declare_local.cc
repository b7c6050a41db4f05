#include "services/cli/commands.h"
#include "services/cli/declare.h"
#include "services/scheduler/core/run_policy.h"

namespace fringewatch::cli {
namespace {

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

void AddPair(CLI::App& command, PairFiles& files) {
  command.add_option("--phase", files.phase, "Wrapped phase (rad) or complex interferogram")->required();
  command.add_option("--coherence", files.coherence, "Coherence, 0 to 1; default: estimated from the phase");
}

void DeclareRun(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("run", "The whole job in one process: a stack in, sites and series out");
  RunOptions& options = *OptionsOf<RunOptions>(*command, chosen, RunCommand);
  AddSource(*command, options.source);
  command->add_option("--out", options.out, "Run folder; default: runs/<run id>");
  CLI::Option* threshold = command->add_option("--threshold", options.policy.threshold, "Evidence a site must reach")
                               ->capture_default_str()
                               ->check(Within(scheduler::kThresholdLimits));
  AddFalseSites(*command, options.policy.false_sites, *threshold);
  command->add_option("--tile", options.policy.tile_px, "Core of a detection tile, pixels")
      ->capture_default_str()
      ->check(Within(scheduler::kTileLimits_px));
  command->add_option("--halo", options.policy.halo_px, "Context around a tile, pixels")
      ->capture_default_str()
      ->check(Within(scheduler::kHaloLimits_px));
  command->add_flag("--skip-rejected", options.policy.skip_rejected, "Go on without the inputs that were rejected");
  AddCompute(*command, options.compute);
}

void DeclareSimulate(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("simulate", "A frame with known truth, in the LiCSAR layout");
  SimulateOptions& options = *OptionsOf<SimulateOptions>(*command, chosen, SimulateCommand);
  sim::SceneConfig& scene = options.scene;
  scene.sites.count = 12;
  command->add_option("--out", options.out, "Folder to write")->required();
  command->add_option("--seed", scene.seed)->capture_default_str();
  command->add_option("--rows", scene.rows)->capture_default_str()->check(CLI::Range(64, 65536));
  command->add_option("--cols", scene.cols)->capture_default_str()->check(CLI::Range(64, 65536));
  command->add_option("--pixel-size", scene.pixel_m, "Metres")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--wavelength", scene.wavelength_m, "Metres")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--epochs", scene.epochs)->capture_default_str()->check(CLI::Range(2, 1000));
  command->add_option("--repeat", scene.repeat_days, "Days between epochs")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  command->add_option("--pairs", scene.pairs)->capture_default_str()->check(CLI::Range(1, 100000));
  command->add_option("--max-span", scene.max_span_days, "Longest pair, days")
      ->capture_default_str()
      ->check(CLI::Range(1, 36500));
  command->add_option("--sites", scene.sites.count)->capture_default_str()->check(CLI::NonNegativeNumber);
  command->add_option("--rate-min", scene.sites.rate_min_m_per_yr, "m/yr line of sight")->capture_default_str();
  command->add_option("--rate-max", scene.sites.rate_max_m_per_yr, "m/yr line of sight")->capture_default_str();
  command->add_option("--radius-min", scene.sites.radius_min_m, "m, at 5 % of the peak")->capture_default_str();
  command->add_option("--radius-max", scene.sites.radius_max_m, "m, at 5 % of the peak")->capture_default_str();
  command->add_option("--coherence-min", scene.coherence_min)->capture_default_str()->check(CLI::Range(0.0, 1.0));
  command->add_option("--coherence-max", scene.coherence_max)->capture_default_str()->check(CLI::Range(0.0, 1.0));
}

void DeclareEvaluate(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("evaluate", "Compare a run with the truth, or with another velocity map");
  EvaluateOptions& options = *OptionsOf<EvaluateOptions>(*command, chosen, EvaluateCommand);
  command->add_option("--run", options.run, "Run folder")->required();
  CLI::Option_group* against = command->add_option_group("Against");
  against->add_option("--truth", options.truth, "Folder `truth` of the simulation");
  against->add_option("--reference", options.reference,
                      "Velocity raster on the run's grid: mm/yr, towards the satellite");
  against->require_option(1);
  command->add_flag("--json", options.json, "Print JSON");
}

void DeclareDetect(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("detect", "Moving patches in one interferogram");
  DetectOptions& options = *OptionsOf<DetectOptions>(*command, chosen, DetectCommand);
  AddPair(*command, options.files);
  command->add_option("--out", options.out, "Folder to write")->required();
  command->add_option("--threshold", options.threshold)
      ->capture_default_str()
      ->check(Within(scheduler::kThresholdLimits));
  command->add_option("--wavelength", options.wavelength_m, "Metres")->check(CLI::PositiveNumber);
  command->add_option("--pixel-size", options.pixel_size_m, "Metres")->check(CLI::PositiveNumber);
  command->add_option("--days", options.span_days, "Days between the two images")->check(CLI::PositiveNumber);
  AddCompute(*command, options.compute);
}

void DeclareUnwrap(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("unwrap", "Unwrap one interferogram");
  UnwrapOptions& options = *OptionsOf<UnwrapOptions>(*command, chosen, UnwrapCommand);
  AddPair(*command, options.files);
  command
      ->add_option("--out", options.out, "GeoTIFF to write: phase, confidence, smoothed phase, its standard deviation")
      ->required();
  AddCompute(*command, options.compute);
}

void DeclareBench(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("bench", "How fast a stage is on this machine, as JSON");
  BenchOptions& options = *OptionsOf<BenchOptions>(*command, chosen, BenchCommand);
  command->add_option("stage", options.stage, "detect, unwrap, invert or pipeline")
      ->required()
      ->check(CLI::IsMember({"detect", "unwrap", "invert", "pipeline"}));
  command->add_option("--size", options.size_px, "Edge of the simulated frame, pixels")
      ->capture_default_str()
      ->check(CLI::Range(256, 8192));
  command->add_option("--seed", options.seed)->capture_default_str();
  AddCompute(*command, options.compute);
}

void DeclareDoctor(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("doctor", "What this machine can do, and whether the networks are whole");
  AddCompute(*command, *OptionsOf<ComputeOptions>(*command, chosen, DoctorCommand));
}

}  // namespace

void DeclareLocal(CLI::App& app, Chosen& chosen) {
  DeclareRun(app, chosen);
  DeclareSimulate(app, chosen);
  DeclareEvaluate(app, chosen);
  DeclareDetect(app, chosen);
  DeclareUnwrap(app, chosen);
  DeclareBench(app, chosen);
  DeclareDoctor(app, chosen);
}

}  // namespace fringewatch::cli
