#include "common/nn/model_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/nn/blocks.h"

namespace fringewatch::nn {
namespace {

const MultiScaleShape kShape{.widths = {8, 12}, .dilations = {1}};

class ModelFile : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "/model_file_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_);
    torch::manual_seed(3);
    ModelCard card{.name = "small", .architecture = kShape.ToString(), .seed = 7, .scores = {{"f1", 0.5}}};
    ASSERT_TRUE(SaveModel(dir_, *net_, card).ok());
    sha256_ = card.sha256;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  StatusOr<ModelCard> Load(const std::string& architecture = kShape.ToString()) {
    return LoadModel(dir_, "small", architecture, *other_);
  }
  void ExpectRefused(const Status& status, const std::string& part) {
    EXPECT_NE(MessageOf(status).find("FW-3003"), std::string::npos) << status;
    EXPECT_NE(MessageOf(status).find(part), std::string::npos) << status;
    EXPECT_NE(MessageOf(status).find("make train"), std::string::npos) << status;
  }

  std::string dir_, sha256_;
  MultiScaleNet net_{kShape}, other_{kShape};
};

TEST_F(ModelFile, ComesBackAsItWas) {
  const StatusOr<ModelCard> card = Load();
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->seed, 7u);
  EXPECT_EQ(card->scores.at("f1"), 0.5);
  EXPECT_EQ(card->sha256, sha256_);
  net_->eval();
  other_->eval();
  const torch::Tensor input = torch::randn({1, 3, 16, 16});
  const torch::Tensor before = net_(input), after = other_(input);
  EXPECT_LT((after - before).abs().max().item<float>(), 2e-3f * before.abs().max().item<float>());  // float16 weights
}

TEST_F(ModelFile, AlteredWeightsAreRefusedWithBothHashes) {
  std::ofstream(dir_ + "/small.pt", std::ios::app) << 'x';
  const Status status = Load().status();
  ExpectRefused(status, sha256_);
  ExpectRefused(status, dir_ + "/small.pt");
}

TEST_F(ModelFile, MissingFilesAreRefused) {
  std::filesystem::remove(dir_ + "/small.pt");
  ExpectRefused(Load().status(), "small.pt");
  std::filesystem::remove(dir_ + "/small.json");
  ExpectRefused(Load().status(), "small.json");
}

TEST_F(ModelFile, AnotherArchitectureIsRefused) { ExpectRefused(Load("in 9").status(), "in 9"); }

TEST_F(ModelFile, ABrokenCardIsRefused) {
  std::ofstream(dir_ + "/small.json", std::ios::trunc) << "{\"name\": \"small\"}";
  ExpectRefused(Load().status(), "not a model card");
}

}  // namespace
}  // namespace fringewatch::nn
