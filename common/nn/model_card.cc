#include "common/nn/model_card.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace fringewatch::nn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

ModelCard FromJson(const Json& json) {
  ModelCard card;
  card.name = json.at("name");
  card.architecture = json.at("architecture");
  card.sha256 = json.at("sha256");
  card.trained_on = json.at("trained_on");
  card.command = json.at("command");
  card.seed = json.at("seed");
  card.samples = json.at("samples");
  card.steps = json.at("steps");
  card.minutes = json.at("minutes");
  card.machine = json.at("machine");
  card.scores = json.at("scores").get<std::map<std::string, double>>();
  if (!json.contains("operating_points")) return card;
  for (const Json& point : json.at("operating_points")) {
    card.operating_points.push_back({point.at("threshold"), point.at("false_sites_per_1000_km2"), point.at("recall")});
  }
  return card;
}

StatusOr<std::vector<std::string>> HashesOf(const std::string& dir, std::span<const char* const> names) {
  std::vector<std::string> hashes;
  for (const char* name : names) {
    FW_ASSIGN_OR_RETURN(const ModelCard card, ReadModelCard(dir, name));
    hashes.push_back(card.sha256);
  }
  return hashes;
}

}  // namespace

std::string ModelCardPath(const std::string& dir, const std::string& name) { return dir + "/" + name + ".json"; }

std::string ToJson(const ModelCard& card) {
  Json json = {{"name", card.name},       {"architecture", card.architecture},
               {"sha256", card.sha256},   {"trained_on", card.trained_on},
               {"command", card.command}, {"seed", card.seed},
               {"samples", card.samples}, {"steps", card.steps},
               {"minutes", card.minutes}, {"machine", card.machine},
               {"scores", card.scores}};
  for (const OperatingPoint& point : card.operating_points) {
    json["operating_points"].push_back({{"threshold", point.threshold},
                                        {"false_sites_per_1000_km2", point.false_sites_per_1000_km2},
                                        {"recall", point.recall}});
  }
  return json.dump(2) + "\n";
}

Status WriteModelCard(const std::string& dir, const ModelCard& card) {
  const std::string path = ModelCardPath(dir, card.name);
  std::ofstream file(path + ".part", std::ios::trunc);
  file << ToJson(card);
  file.close();
  std::error_code failed;
  if (file) fs::rename(path + ".part", path, failed);
  if (!file || failed) return Error(Fault::kNotWritable, "model card {} cannot be written: is the disk full?", path);
  return {};
}

StatusOr<ModelCard> ReadModelCard(const std::string& dir, const std::string& name) {
  const std::string path = ModelCardPath(dir, name);
  std::ifstream file(path);
  if (!file) return Error(Fault::kModelRefused, "model card {} cannot be read; {}", path, kModelRemedy);
  try {
    return FromJson(Json::parse(file));
  } catch (const Json::exception& failure) {
    return Error(Fault::kModelRefused, "{} is not a model card ({}); {}", path, failure.what(), kModelRemedy);
  }
}

StatusOr<std::vector<std::string>> DetectorModelHashes(const std::string& dir) {
  return HashesOf(dir, kDetectorNetworks);
}

StatusOr<std::vector<std::string>> UnwrapperModelHashes(const std::string& dir) {
  return HashesOf(dir, kUnwrapperNetworks);
}

StatusOr<std::vector<OperatingPoint>> DetectorOperatingPoints(const std::string& dir) {
  FW_ASSIGN_OR_RETURN(const ModelCard card, ReadModelCard(dir, kDetectorNetworks.back()));
  return card.operating_points;
}

StatusOr<std::string> FindModels(const std::string& option) {
  std::vector<fs::path> places;
  if (!option.empty()) {
    places.push_back(option);
  } else if (const char* environment = std::getenv("FRINGEWATCH_MODELS"); environment != nullptr) {
    places.push_back(environment);
  } else {
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    places.push_back(program / ".." / "share" / "fringewatch" / "models");
    places.push_back(program / ".." / ".." / ".." / "deploy" / "models");
  }
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) return fs::weakly_canonical(place).string();
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  return Error(Fault::kModelRefused,
               "no folder of networks at {}; name one (--models, in services models.folder) or set FRINGEWATCH_MODELS",
               looked);
}

}  // namespace fringewatch::nn
