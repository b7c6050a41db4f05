#include "tests/integration/frame.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/integration/child_process.h"
#include "tests/integration/cluster.h"

namespace fringewatch::integration {
namespace {

void RunFringewatch(std::vector<std::string> arguments, const std::string& error_file) {
  arguments.insert(arguments.begin(), ProgramFolder() + "/fringewatch");
  const auto finished = RunProgram(arguments, error_file, 120);
  ASSERT_TRUE(finished.ok()) << MessageOf(finished.status());
  ASSERT_EQ(finished->exit_code, 0) << finished->output << finished->errors;
}

}  // namespace

Products ReadManifest(const std::string& run_folder) {
  std::ifstream file(run_folder + "/manifest.json");
  const nlohmann::json manifest = nlohmann::json::parse(file, nullptr, false);
  Products products;
  if (manifest.is_discarded()) return products;
  for (const auto& product : manifest["products"]) products[product["path"]] = product["sha256"];
  return products;
}

Frame::Frame(int edge_px, int sites, int seed) {
  const std::string edge = std::to_string(edge_px);
  RunFringewatch({"simulate",
                  "--out",
                  source(),
                  "--rows",
                  edge,
                  "--cols",
                  edge,
                  "--seed",
                  std::to_string(seed),
                  "--sites",
                  std::to_string(sites),
                  "--epochs",
                  "8",
                  "--pairs",
                  "16",
                  "--radius-min",
                  "300",
                  "--radius-max",
                  "500",
                  "--rate-min",
                  "0.3",
                  "--rate-max",
                  "0.6",
                  "--coherence-min",
                  "0.6",
                  "--coherence-max",
                  "0.85"},
                 folder_ / "simulate.log");
}

const Products& Frame::products() {
  if (!products_.empty()) return products_;
  RunFringewatch({"run", "--source", source(), "--out", run_folder(), "--tile", std::to_string(kTilePx), "--halo",
                  std::to_string(kHaloPx), "--device", "cpu", "--models", ModelFolder()},
                 folder_ / "run.log");
  products_ = ReadManifest(run_folder());
  // Five files of the run and one per site: were there no site, the tests would compare nothing.
  EXPECT_GE(products_.size(), 5 + 5U);
  return products_;
}

Frame& TheFrame() {
  static Frame frame(384, 8, 7);
  return frame;
}

v1::SubmitTrackRequest Request(const std::string& source) {
  static std::mt19937_64 random{std::random_device{}()};
  v1::SubmitTrackRequest request;
  const uint64_t high = random(), low = random();
  request.set_request_id(fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                                     high & 0xfff, low >> 52, low & 0xffffffffffff));
  request.mutable_source()->set_uri(source);
  request.mutable_policy()->set_tile_px(kTilePx);
  request.mutable_policy()->set_halo_px(kHaloPx);
  return request;
}

}  // namespace fringewatch::integration
