#include "services/detector/core/gradient_stack.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/vector_clones.h"
#include "common/raster/phasors.h"

// Built with -ffp-contract=off: every instruction set then gives the same bits, so the kernels may be compiled for
// several and chosen at run time.

namespace fringewatch::detector {
namespace {

constexpr float kMaxSignificance = 1000.0F;
constexpr float kMaxQuality = 0.95F;  ///< of the mean product: a coherent pixel weighs at most 19

/// Rows of complex numbers with room for neighbours beyond both ends, where they stay 0.
struct ComplexRow {
  static constexpr int kMargin = 2;
  std::vector<float> real, imag;
  explicit ComplexRow(int cols) : real(cols + 2 * kMargin), imag(cols + 2 * kMargin) {}
  [[nodiscard]] float* re() { return real.data() + kMargin; }
  [[nodiscard]] float* im() { return imag.data() + kMargin; }
  void Clear() {
    std::fill(real.begin(), real.end(), 0.0F);
    std::fill(imag.begin(), imag.end(), 0.0F);
  }
};

/// Sum over 3 columns of a conj(b), at every column.
FW_VECTOR_CLONES void ProductSums(const float* __restrict a_re, const float* __restrict a_im,
                                  const float* __restrict b_re, const float* __restrict b_im, int cols,
                                  float* __restrict scratch_re, float* __restrict scratch_im, float* __restrict re,
                                  float* __restrict im) {
  for (int c = 0; c < cols + 2; ++c) {
    scratch_re[c] = a_re[c - 1] * b_re[c - 1] + a_im[c - 1] * b_im[c - 1];
    scratch_im[c] = a_im[c - 1] * b_re[c - 1] - a_re[c - 1] * b_im[c - 1];
  }
  for (int c = 0; c < cols; ++c) re[c] = scratch_re[c] + scratch_re[c + 1] + scratch_re[c + 2];
  for (int c = 0; c < cols; ++c) im[c] = scratch_im[c] + scratch_im[c + 1] + scratch_im[c + 2];
}

/// atan2 by an odd minimax polynomial of degree 11: error below 2.5e-6 rad; 0 for
/// (0, 0).
inline float FastAtan2(float y, float x) {
  const float abs_x = std::abs(x), abs_y = std::abs(y);
  const float larger = abs_x > abs_y ? abs_x : abs_y, smaller = abs_x > abs_y ? abs_y : abs_x;
  const float a = smaller / (larger + 1e-30F);
  const float t = a * a;
  const float tail = 0.19354346F + t * (-0.11643287F + t * (0.05265332F - t * 0.01172120F));
  const float small_angle = a * (0.99997726F + t * (-0.33262347F + t * tail));
  const float first_quadrant = abs_y > abs_x ? 1.57079633F - small_angle : small_angle;
  const float upper_half = x < 0.0F ? 3.14159265F - first_quadrant : first_quadrant;
  return y < 0.0F ? -upper_half : upper_half;
}

/// Three neighbouring rows of column sums of products.
struct Products {
  std::array<const float*, 3> re, im;
};

/// Half the angle of the 3x3 sum of products, and the squared length of the sum.
FW_VECTOR_CLONES void Gradients(const float* __restrict re0, const float* __restrict re1, const float* __restrict re2,
                                const float* __restrict im0, const float* __restrict im1, const float* __restrict im2,
                                int cols, float* __restrict gradient, float* __restrict power) {
  for (int c = 0; c < cols; ++c) {
    const float re = re0[c] + re1[c] + re2[c], im = im0[c] + im1[c] + im2[c];
    gradient[c] = 0.5F * FastAtan2(im, re);
    power[c] = re * re + im * im;
  }
}

/// Gradients of one row in one direction.
struct GradientRow {
  std::vector<float> gradient, power;
  explicit GradientRow(int cols) : gradient(cols), power(cols) {}
  void Fill(const Products& p) {
    Gradients(p.re[0], p.re[1], p.re[2], p.im[0], p.im[1], p.im[2], static_cast<int>(gradient.size()), gradient.data(),
              power.data());
  }
};

/// Adds one row of a pair to the sums over pairs.
FW_VECTOR_CLONES void Accumulate(const float* __restrict g_col, const float* __restrict g_row,
                                 const float* __restrict x_power, const float* __restrict y_power, int cols, float days,
                                 float* __restrict col_sum, float* __restrict row_sum, float* __restrict weight_sum,
                                 float* __restrict square_sum, float* __restrict pairs) {
  for (int c = 0; c < cols; ++c) {
    const float power = x_power[c] < y_power[c] ? x_power[c] : y_power[c];  // 0 if either is missing
    const float quality = std::sqrt(power) * (1.0F / 9.0F);
    const float capped = quality < kMaxQuality ? quality : kMaxQuality;
    const float weight = capped / (1.0F - capped);
    const float weight_days = weight * days;
    col_sum[c] += weight_days * g_col[c];
    row_sum[c] += weight_days * g_row[c];
    weight_sum[c] += weight_days * days;
    square_sum[c] += weight * (g_col[c] * g_col[c] + g_row[c] * g_row[c]);
    pairs[c] += weight > 0.0F ? 1.0F : 0.0F;
  }
}

/// Slides down one pair: phasors of 3 rows give the products of the middle one, 3 rows of products one row of sums.
class PairRows {
 public:
  explicit PairRows(const PairRaster& pair)
      : pair_(pair),
        cols_(pair.phase_rad.cols),
        phasor_(3, ComplexRow(cols_)),
        along_cols_(3, ComplexRow(cols_)),
        along_rows_(3, ComplexRow(cols_)),
        scratch_(cols_) {
    ReadPhasors(0);
    MakeProducts(0);  // row -1 of either is still 0
  }
  /// Makes the products of row `row` + 1; then those of `row` and its neighbours are at hand.
  void Advance(int row) { MakeProducts(row + 1); }
  [[nodiscard]] Products AlongCols(int row) { return Around(along_cols_, row); }
  [[nodiscard]] Products AlongRows(int row) { return Around(along_rows_, row); }

 private:
  static ComplexRow& Slot(std::vector<ComplexRow>& ring, int row) { return ring[(row + 3) % 3]; }
  static Products Around(std::vector<ComplexRow>& ring, int row) {
    Products rows;
    for (int k = 0; k < 3; ++k) {
      rows.re[k] = Slot(ring, row + k - 1).re();
      rows.im[k] = Slot(ring, row + k - 1).im();
    }
    return rows;
  }
  void ReadPhasors(int row) {
    ComplexRow& slot = Slot(phasor_, row);
    if (row < 0 || row >= pair_.phase_rad.rows) return slot.Clear();
    Phasors(&pair_.phase_rad(row, 0), &pair_.coherence(row, 0), cols_, slot.re(), slot.im());
  }
  void MakeProducts(int row) {
    ReadPhasors(row + 1);
    if (row < 0 || row >= pair_.phase_rad.rows) {
      Slot(along_cols_, row).Clear();
      return Slot(along_rows_, row).Clear();
    }
    ComplexRow &above = Slot(phasor_, row - 1), &here = Slot(phasor_, row), &below = Slot(phasor_, row + 1);
    ComplexRow &x = Slot(along_cols_, row), &y = Slot(along_rows_, row);
    float *scratch_re = scratch_.re() - 1, *scratch_im = scratch_.im() - 1;
    ProductSums(here.re() + 1, here.im() + 1, here.re() - 1, here.im() - 1, cols_, scratch_re, scratch_im, x.re(),
                x.im());
    ProductSums(below.re(), below.im(), above.re(), above.im(), cols_, scratch_re, scratch_im, y.re(), y.im());
  }

  const PairRaster& pair_;
  int cols_;
  std::vector<ComplexRow> phasor_, along_cols_, along_rows_;
  ComplexRow scratch_;
};

}  // namespace

float GradientRate::Significance() const {
  if (variance <= 0.0F) return 0.0F;
  return std::min(kMaxSignificance, std::hypot(col_rad_per_px_day, row_rad_per_px_day) / std::sqrt(variance));
}

GradientStack::GradientStack(int rows, int cols)
    : col_sum_(rows, cols),
      row_sum_(rows, cols),
      weight_sum_(rows, cols),
      square_sum_(rows, cols),
      pairs_(rows, cols) {}

void GradientStack::Add(const PairRaster& pair, double span_days) {
  if (col_sum_.empty()) return;
  PairRows pair_rows(pair);
  GradientRow along_cols(cols()), along_rows(cols());
  for (int row = 0; row < rows(); ++row) {
    pair_rows.Advance(row);
    along_cols.Fill(pair_rows.AlongCols(row));
    along_rows.Fill(pair_rows.AlongRows(row));
    Accumulate(along_cols.gradient.data(), along_rows.gradient.data(), along_cols.power.data(), along_rows.power.data(),
               cols(), static_cast<float>(span_days), &col_sum_(row, 0), &row_sum_(row, 0), &weight_sum_(row, 0),
               &square_sum_(row, 0), &pairs_(row, 0));
  }
}

GradientRate GradientStack::At(int row, int col) const {
  const size_t i = col_sum_.index(row, col);
  GradientRate rate;
  rate.pairs = static_cast<int>(pairs_.values[i]);
  if (rate.pairs == 0) return rate;
  const float weight = weight_sum_.values[i];
  rate.col_rad_per_px_day = col_sum_.values[i] / weight;
  rate.row_rad_per_px_day = row_sum_.values[i] / weight;
  if (rate.pairs < 2) return rate;
  // Residual sum of squares of both components; what is left after rounding is at least 1e-6 of the total.
  const float square = square_sum_.values[i];
  const float explained = (col_sum_.values[i] * col_sum_.values[i] + row_sum_.values[i] * row_sum_.values[i]) / weight;
  const float residual = std::max(square - explained, 1e-6F * square);
  rate.variance = residual / (2.0F * static_cast<float>(rate.pairs - 1)) / weight;
  return rate;
}

}  // namespace fringewatch::detector
