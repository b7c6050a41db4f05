#include "services/cli/declare.h"

namespace fringewatch::cli {

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

void AddFalseSites(CLI::App& command, std::optional<double>& false_sites, CLI::Option& threshold) {
  command
      .add_option("--false-sites", false_sites,
                  "Instead of --threshold: false sites per 1,000 km2 that are put up with")
      ->check(Within(scheduler::kFalseSitesLimits))
      ->excludes(&threshold);
}

}  // namespace fringewatch::cli
