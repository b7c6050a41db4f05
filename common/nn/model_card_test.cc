#include "common/nn/model_card.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/nn/compute_name.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::nn {
namespace {

void WriteCard(const std::string& dir, const std::string& name, const std::string& sha256) {
  std::ofstream(ModelCardPath(dir, name)) << ToJson(ModelCard{.name = name, .sha256 = sha256, .seed = 9});
}

TEST(ModelCard, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  const ModelCard card{.name = "ddnet",
                       .architecture = "in 3",
                       .sha256 = "ab",
                       .trained_on = "scenes",
                       .command = "make train",
                       .seed = 7,
                       .samples = 10,
                       .steps = 5,
                       .minutes = 1.5,
                       .machine = "a machine",
                       .scores = {{"f1", 0.5}},
                       .operating_points = {{0.5, 0.2, 0.99}}};
  std::ofstream(ModelCardPath(dir, "ddnet")) << ToJson(card);
  const StatusOr<ModelCard> read = ReadModelCard(dir, "ddnet");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), ToJson(card));
  EXPECT_EQ(read->scores.at("f1"), 0.5);
  ASSERT_EQ(read->operating_points.size(), 1u);
  EXPECT_EQ(read->operating_points[0].false_sites_per_1000_km2, 0.2);
}

TEST(OperatingPoints, AreThoseOfTheNetworkThatDecides) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  WriteCard(dir, "ddnet", "11");
  WriteCard(dir, "stack", "22");
  EXPECT_TRUE(DetectorOperatingPoints(dir)->empty()) << "not measured";
  std::ofstream(ModelCardPath(dir, "stack")) << ToJson(ModelCard{.name = "stack", .operating_points = {{0.5, 0.2, 1}}});
  EXPECT_EQ(DetectorOperatingPoints(dir)->at(0).threshold, 0.5);
}

TEST(ModelHashes, AreThoseOfTheCardsInTheOrderOfTheStage) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  WriteCard(dir, "stack", "22");
  WriteCard(dir, "ddnet", "11");
  WriteCard(dir, "punet", "33");
  EXPECT_EQ(*DetectorModelHashes(dir), (std::vector<std::string>{"11", "22"}));
  EXPECT_EQ(*UnwrapperModelHashes(dir), (std::vector<std::string>{"33"}));
  std::filesystem::remove(ModelCardPath(dir, "stack"));
  const Status refused = DetectorModelHashes(dir).status();
  EXPECT_NE(MessageOf(refused).find("FW-3003"), std::string::npos) << refused;
  EXPECT_NE(MessageOf(refused).find("stack.json"), std::string::npos) << refused;
}

TEST(FindModels, TakesTheOptionAndSaysWhereItLooked) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  EXPECT_EQ(*FindModels(dir), std::filesystem::weakly_canonical(dir).string());
  const Status missing = FindModels(dir + "/nowhere").status();
  EXPECT_NE(MessageOf(missing).find(dir + "/nowhere"), std::string::npos) << missing;
}

TEST(ComputeName, IsKindAndPrecision) {
  EXPECT_EQ(*ComputeName("cpu", "fp32"), "cpu fp32");
  EXPECT_EQ(*ComputeName("auto", "bf16"), "cpu bf16");
  EXPECT_EQ(*ComputeName("cuda", "auto"), "cuda bf16");
  EXPECT_EQ(*ComputeName("cpu", "auto"), CpuComputesInBfloat16() ? "cpu bf16" : "cpu fp32");
}

TEST(ComputeName, RefusesWhatIsNotKnown) {
  for (const auto& [kind, precision] : {std::pair{"gpu", "auto"}, {"cuda:0", "auto"}, {"cpu", "fp16"}, {"", ""}}) {
    const Status refused = ComputeName(kind, precision).status();
    EXPECT_NE(MessageOf(refused).find("FW-1010"), std::string::npos) << kind << " " << precision;
  }
}

}  // namespace
}  // namespace fringewatch::nn
