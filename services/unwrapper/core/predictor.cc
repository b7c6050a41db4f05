#include "services/unwrapper/core/predictor.h"

#include <Eigen/Dense>
#include <algorithm>

namespace fringewatch::unwrapper {
namespace {

constexpr double kPull = 0.02;        ///< weight of the constant rate against one pair
constexpr double kPullToRest = 1e-4;  ///< of the rate itself, so that it exists with any set of pairs

using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Rows of the fit: unknowns are the phases of all dates but the first, then the rate per mean interval.
Eigen::RowVectorXd RowOf(const Edge& edge, int unknowns) {
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(unknowns);
  row(edge.second - 1) = 1;
  if (edge.first > 0) row(edge.first - 1) = -1;
  return row;
}

}  // namespace

StackPredictor::StackPredictor(const Network& network) : network_(network) {}

Array3<float> StackPredictor::Predict(const Array3<float>& phase_rad, const std::vector<char>& known) const {
  const int pairs = phase_rad.planes, dates = static_cast<int>(network_.dates.size()), unknowns = dates;
  Array3<float> prediction(pairs, phase_rad.rows, phase_rad.cols);
  if (std::count(known.begin(), known.end(), 0) == pairs) return prediction;

  const double mean_interval = network_.days.back() / (dates - 1);
  Matrix normal = Matrix::Zero(unknowns, unknowns), design(pairs, unknowns), weighted = Matrix::Zero(unknowns, pairs);
  for (int p = 0; p < pairs; ++p) {
    design.row(p) = RowOf(network_.edges[p], unknowns);
    if (!known[p]) continue;
    normal += design.row(p).transpose() * design.row(p);
    weighted.col(p) = design.row(p).transpose();
  }
  for (int d = 0; d + 1 < dates; ++d) {
    Eigen::RowVectorXd row = RowOf({d, d + 1}, unknowns);
    row(unknowns - 1) = -(network_.days[d + 1] - network_.days[d]) / mean_interval;
    normal += kPull * row.transpose() * row;
  }
  normal(unknowns - 1, unknowns - 1) += kPullToRest;

  Matrix hat = design * normal.ldlt().solve(weighted);  // (pairs, pairs): prediction from phase
  for (int p = 0; p < pairs; ++p) {
    if (!known[p]) continue;
    // Leave-one-out: what the others say is (fit - h * own) / (1 - h).
    const double own = std::min(hat(p, p), 1.0 - 1e-6);
    hat(p, p) = 0;
    hat.row(p) /= 1.0 - own;
  }
  const long pixels = static_cast<long>(phase_rad.plane_size());
  const Eigen::Map<const RowMajor> phase(phase_rad.values.data(), pairs, pixels);
  Eigen::Map<RowMajor>(prediction.values.data(), pairs, pixels).noalias() = hat.cast<float>() * phase;
  return prediction;
}

}  // namespace fringewatch::unwrapper
