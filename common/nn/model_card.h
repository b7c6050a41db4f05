/// The model card `<name>.json` beside the weights of a network: where they come from, and their SHA-256. Reading one
/// needs no libtorch: the scheduler names the networks of a run without loading them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/stack/operating_point.h"

namespace fringewatch::nn {

/// The networks of each stage, by the names of their files, in the order in which runs name their hashes.
inline constexpr std::array kDetectorNetworks = {"ddnet", "stack"};
inline constexpr std::array kUnwrapperNetworks = {"punet"};

/// Where a model comes from and how good it is.
struct ModelCard {
  std::string name;
  std::string architecture;  ///< MultiScaleShape::ToString()
  std::string sha256;        ///< of the weights file
  std::string trained_on;    ///< where its samples come from
  std::string command;       ///< that trained it
  uint64_t seed = 0;
  long samples = 0;  ///< simulated samples drawn
  long steps = 0;
  double minutes = 0.0;
  std::string machine;                           ///< processor and device
  std::map<std::string, double> scores;          ///< on held-out scenes
  std::vector<OperatingPoint> operating_points;  ///< of the last network of the detector, rising; empty: not measured
};

/// What to do about a model that is refused; ends such messages.
inline constexpr char kModelRemedy[] = "run `make train`, or restore the file with `git checkout`";

/// <dir>/<name>.json
[[nodiscard]] std::string ModelCardPath(const std::string& dir, const std::string& name);

/// The text of a card, as ReadModelCard reads it.
[[nodiscard]] std::string ToJson(const ModelCard& card);

/// Writes the card beside its weights, whole or not at all. \error kNotWritable
[[nodiscard]] Status WriteModelCard(const std::string& dir, const ModelCard& card);

/// Reads the card only. \error kModelRefused when it is missing or not a card.
[[nodiscard]] StatusOr<ModelCard> ReadModelCard(const std::string& dir, const std::string& name);

/// SHA-256 of the weights that Detector::Load and Unwrapper::Load take from `dir`, as the cards state it: equal to
/// their model_hashes(). The weights themselves are not read. \error kModelRefused, as ReadModelCard.
[[nodiscard]] StatusOr<std::vector<std::string>> DetectorModelHashes(const std::string& dir);
[[nodiscard]] StatusOr<std::vector<std::string>> UnwrapperModelHashes(const std::string& dir);

/// The operating points of the networks in `dir`; none where they were never measured. \error kModelRefused
[[nodiscard]] StatusOr<std::vector<OperatingPoint>> DetectorOperatingPoints(const std::string& dir);

/// Where the shipped networks lie: `option` when given; else $FRINGEWATCH_MODELS; else ../share/fringewatch/models
/// beside the program (installed); else deploy/models of the source tree the program was built in.
/// \error kModelRefused when no such folder exists, with the places looked at.
[[nodiscard]] StatusOr<std::string> FindModels(const std::string& option);

}  // namespace fringewatch::nn
