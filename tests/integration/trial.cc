#include "tests/integration/trial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

namespace fringewatch::integration {
namespace {

constexpr double kRun_s = 120;  ///< then a run counts as hanging

double SecondsSince(Moment start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

long CountSiteFiles(const Products& products) {
  return std::count_if(products.begin(), products.end(),
                       [](const auto& product) { return product.first.starts_with("sites/"); });
}

Undisturbed RunUndisturbed() {
  Undisturbed calm;
  calm.products = TheFrame().products();
  Cluster cluster;
  const Moment start = std::chrono::steady_clock::now();
  const auto run = Submit(cluster, Request(TheFrame().source()), Within(kRun_s));
  EXPECT_TRUE(run.ok()) << MessageOf(run.status());
  if (!run.ok()) return calm;
  const auto end = AwaitEnd(cluster, run->run_id(), Within(kRun_s));
  EXPECT_TRUE(end.ok()) << MessageOf(end.status());
  if (!end.ok()) return calm;
  calm.duration_s = SecondsSince(start);
  EXPECT_EQ(end->state(), v1::SUCCEEDED) << end->ShortDebugString();
  EXPECT_EQ(ProductsOf(cluster, run->run_id()), calm.products);
  calm.sites = SitesOf(cluster, run->run_id());
  EXPECT_EQ(static_cast<long>(calm.sites.size()), CountSiteFiles(calm.products));
  return calm;
}

}  // namespace

const Undisturbed& Calm() {
  static const Undisturbed calm = RunUndisturbed();
  return calm;
}

bool EndsAsUndisturbed(const Disturbance& disturbance, Random& random) {
  const Undisturbed& calm = Calm();
  Cluster cluster({.processes = disturbance.processes});
  if (testing::Test::HasFatalFailure()) return false;
  const double moment_s = std::uniform_real_distribution(0.0, disturbance.latest)(random) * calm.duration_s;
  SCOPED_TRACE(fmt::format("{} after {:.3f} s", disturbance.name, moment_s));
  const Moment start = std::chrono::steady_clock::now();
  auto submitted = std::async([&] { return Submit(cluster, Request(TheFrame().source()), Within(kRun_s)); });
  // A moment, not a condition: this is what the trial draws at random.
  std::this_thread::sleep_until(start + std::chrono::microseconds(static_cast<long>(1e6 * moment_s)));
  disturbance.act(cluster, random);
  const StatusOr<v1::Run> run = submitted.get();
  EXPECT_TRUE(run.ok()) << MessageOf(run.status());
  if (!run.ok()) return false;
  if (disturbance.afterwards) disturbance.afterwards(cluster, run->run_id());
  const StatusOr<v1::Run> end = AwaitEnd(cluster, run->run_id(), Within(kRun_s));
  EXPECT_TRUE(end.ok()) << MessageOf(end.status());
  if (!end.ok()) return false;
  EXPECT_EQ(end->state(), v1::SUCCEEDED) << end->ShortDebugString() << cluster.Logs();
  const Products products = ProductsOf(cluster, run->run_id());
  const std::vector<std::string> sites = SitesOf(cluster, run->run_id());
  EXPECT_EQ(products, calm.products);
  EXPECT_EQ(sites, calm.sites);
  return end->state() == v1::SUCCEEDED && products == calm.products && sites == calm.sites;
}

}  // namespace fringewatch::integration
