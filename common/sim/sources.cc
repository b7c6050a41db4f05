#include "common/sim/sources.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/sim/okada.h"

namespace fringewatch::sim {
namespace {

struct Vec2 {
  double x = 0.0, y = 0.0;
};

/// A turned frame of reference.
struct Rotation {
  double cosine, sine;
  explicit Rotation(double angle_rad) : cosine(std::cos(angle_rad)), sine(std::sin(angle_rad)) {}
  [[nodiscard]] Vec2 Into(double east, double north) const {
    return {cosine * east + sine * north, -sine * east + cosine * north};
  }
  [[nodiscard]] Vec2 Out(double x, double y) const { return {cosine * x - sine * y, sine * x + cosine * y}; }
};

double Project(const LineOfSight& los, double east, double north, double up) {
  return los.east * east + los.north * north + los.up * up;
}

/// Mostly steady, some speeding up or slowing down: share of the final displacement after a share of the time.
struct SpeedChange {
  double acceleration = 0.0;  ///< -0.5 to 0.8; 0 = steady
  explicit SpeedChange(KeyedRandom& random) : acceleration(random.Chance(0.6) ? 0.0 : random.Uniform(-0.5, 0.8)) {}
  double operator()(double progress) const {
    return progress * (1.0 - acceleration) + acceleration * progress * progress;
  }
};

/// A smooth random distortion of the plane: cubic B-spline through control vectors 0.7 apart.
class Warp {
 public:
  Warp(KeyedRandom& random, double strength) {
    for (Vec2& v : control_) v = {strength * random.Normal(), strength * random.Normal()};
  }
  [[nodiscard]] Vec2 At(double x, double y) const {
    const Axis ax(x), ay(y);
    Vec2 sum{x, y};
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < 4; ++i) {
        const Vec2& v = control_[(ay.first + j) * kControls + ax.first + i];
        const double weight = ay.weights[j] * ax.weights[i];
        sum.x += weight * v.x;
        sum.y += weight * v.y;
      }
    }
    return sum;
  }

 private:
  static constexpr int kControls = 9;
  struct Axis {
    int first;
    std::array<double, 4> weights;
    explicit Axis(double x) {
      const double at = std::clamp((x + 2.1) / 0.7, 0.0, kControls - 3.0 - 1e-9);
      first = static_cast<int>(at);
      const double t = at - first, s = 1.0 - t;
      weights = {s * s * s / 6.0, (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
                 (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0, t * t * t / 6.0};
    }
  };
  std::array<Vec2, kControls * kControls> control_;
};

/// A stationary source whose displacement grows by a speed law.
class StationarySource : public Source {
 public:
  explicit StationarySource(KeyedRandom& random) : speed_(random) {}
  double LineOfSightAt(double east, double north, double progress) const final {
    return speed_(progress) * Shape(east, north);
  }
  double TimeLaw(double progress) const final { return speed_(progress); }
  [[nodiscard]] virtual double Shape(double east, double north) const = 0;

 private:
  SpeedChange speed_;
};

/// Warped anisotropic bowl, exp(-3 rho^p): p = 2 is a Gaussian. One in five rises.
class Bowl final : public StationarySource {
 public:
  explicit Bowl(KeyedRandom& random)
      : StationarySource(random),
        axes_(random.Uniform(0.0, kPi)),
        aspect_(std::sqrt(random.LogUniform(1.0, 2.5))),
        power_(random.Uniform(1.6, 2.6)),
        sign_(random.Chance(0.2) ? 1.0 : -1.0),
        warp_(random, random.Uniform(0.0, 0.35)) {}
  double reach() const override { return 2.6; }
  double Shape(double east, double north) const override {
    const Vec2 at = warp_.At(east, north);
    const Vec2 own = axes_.Into(at.x, at.y);
    const double rho2 = own.x * own.x / (aspect_ * aspect_) + own.y * own.y * aspect_ * aspect_;
    return rho2 > 30.0 ? 0.0 : sign_ * std::exp(-3.0 * std::pow(rho2, 0.5 * power_));
  }

 private:
  Rotation axes_;
  double aspect_, power_, sign_;
  Warp warp_;
};

/// Collapse or rise of a nearly cylindrical plug with a steep edge.
class Sinkhole final : public StationarySource {
 public:
  explicit Sinkhole(KeyedRandom& random)
      : StationarySource(random),
        axes_(random.Uniform(0.0, kPi)),
        aspect_(std::sqrt(random.LogUniform(1.0, 1.5))),
        edge_(random.Uniform(0.15, 0.45)) {}
  double reach() const override { return 2.2; }
  double Shape(double east, double north) const override {
    const Vec2 own = axes_.Into(east, north);
    return -0.5 * std::erfc((std::hypot(own.x / aspect_, own.y * aspect_) - 1.0) / edge_);
  }

 private:
  Rotation axes_;
  double aspect_, edge_;
};

/// Subsidence over an extracted panel by the probability integral method, lengths in units of the radius of major
/// influence: the basin is a product of error functions, the horizontal movement `horizontal_` x its gradient. The
/// face advances along x during the period; ground above the older part goes on settling.
class MiningBasin final : public Source {
 public:
  MiningBasin(const LineOfSight& los, KeyedRandom& random)
      : los_(los),
        axes_(random.Uniform(0.0, kTwoPi)),
        length_(random.Uniform(0.4, 2.0)),
        half_width_(random.Uniform(0.3, 1.2)),
        advance_(random.Uniform(0.3, 1.0)),
        settling_(random.Uniform(0.2, 0.6) * advance_ / (length_ + advance_)),
        horizontal_(random.Uniform(0.1, 0.4)) {}
  bool stationary() const override { return false; }
  double reach() const override { return 0.5 * (length_ + advance_) + half_width_ + 1.6; }
  double LineOfSightAt(double east, double north, double progress) const override {
    const Vec2 at = axes_.Into(east, north);
    const double start = -0.5 * (length_ + advance_), face = start + length_;
    const Profile across = Between(at.y, -half_width_, half_width_);
    const Profile swept = Between(at.x, face, face + advance_ * progress);
    const Profile old = Between(at.x, start, face + advance_);
    const double rest = settling_ * progress;
    const double along = (1.0 - settling_) * swept.value + rest * old.value;
    const double slope = (1.0 - settling_) * swept.slope + rest * old.slope;
    const Vec2 sideways = axes_.Out(horizontal_ * slope * across.value, horizontal_ * along * across.slope);
    return Project(los_, sideways.x, sideways.y, -along * across.value);
  }

 private:
  struct Profile {
    double value, slope;
  };
  static double Step(double x) { return 0.5 * std::erf(std::sqrt(kPi) * x); }
  static double Pulse(double x) { return std::exp(-kPi * x * x); }
  static Profile Between(double x, double from, double to) {
    return {Step(x - from) - Step(x - to), Pulse(x - from) - Pulse(x - to)};
  }

  LineOfSight los_;
  Rotation axes_;
  double length_, half_width_, advance_, settling_, horizontal_;
};

/// A slide parallel to the slope: steep scar, long run-out that widens downslope, a bulge at the toe.
class Landslide final : public StationarySource {
 public:
  Landslide(const LineOfSight& los, const SlopeAt& slope, KeyedRandom& random)
      : StationarySource(random),
        axes_(std::atan2(slope.north, slope.east)),
        head_(random.Uniform(0.35, 0.7)),
        toe_(random.Uniform(1.0, 1.8)),
        width_(random.Uniform(0.4, 0.9)),
        bulge_(random.Uniform(0.0, 0.25)) {
    const double along = std::cos(slope.angle_rad);
    const double seen = Project(los, along * slope.east, along * slope.north, -std::sin(slope.angle_rad));
    motion_ = std::copysign(std::max(std::abs(seen), 0.2), seen);  // a slide across the line of sight is not seen
    up_ = los.up;
  }
  double reach() const override { return 2.6; }
  double Shape(double east, double north) const override {
    const Vec2 at = axes_.Into(east, north);  // x down the slope
    const double u = at.x / (at.x < 0.0 ? head_ : toe_), v = at.y / (width_ * (1.0 + 0.35 * std::tanh(at.x)));
    const double rho2 = u * u + v * v;
    const double toe_u = (at.x - 0.8 * toe_) / 0.3, toe_v = at.y / (1.2 * width_);
    const double toe2 = toe_u * toe_u + toe_v * toe_v;
    const double slide = std::exp(-3.0 * rho2 * std::sqrt(rho2)), bulge = bulge_ * std::exp(-3.0 * toe2);
    return motion_ * slide + up_ * std::abs(motion_) * bulge;
  }

 private:
  Rotation axes_;
  double head_, toe_, width_, bulge_;
  double motion_ = 1.0, up_ = 1.0;
};

/// Change of pressure in a small sphere at depth 1 (Mogi 1958): (r, 1) / (r^2 + 1)^(3/2).
class Mogi final : public StationarySource {
 public:
  Mogi(const LineOfSight& los, KeyedRandom& random)
      : StationarySource(random), los_(los), sign_(random.Chance(0.5) ? 1.0 : -1.0) {}
  double reach() const override { return 5.0; }
  double Shape(double east, double north) const override {
    const double r2 = east * east + north * north + 1.0;
    return sign_ * Project(los_, east, north, 1.0) / (r2 * std::sqrt(r2));
  }

 private:
  LineOfSight los_;
  double sign_;
};

/// Creep or opening of a shallow rectangular fault (Okada 1985).
class OkadaSource final : public StationarySource {
 public:
  OkadaSource(const LineOfSight& los, KeyedRandom& random)
      : StationarySource(random), los_(los), strike_(random.Uniform(0.0, kTwoPi)) {
    fault_.dip_rad = random.Uniform(20.0, 85.0) * kPi / 180.0;
    fault_.length = random.Uniform(0.8, 2.5);
    fault_.width = random.Uniform(0.5, 1.2);
    fault_.depth = random.Uniform(0.35, 0.9) + fault_.width * std::sin(fault_.dip_rad);
    const double slip = random.Chance(0.5) ? 1.0 : -1.0;
    const int mechanism = random.Integer(0, 2);
    (mechanism == 0 ? fault_.strike_slip : mechanism == 1 ? fault_.dip_slip : fault_.opening) = slip;
  }
  double reach() const override { return 6.0; }
  double Shape(double east, double north) const override {
    const Vec2 at = strike_.Into(east, north);
    const double middle = 0.5 * fault_.width * std::cos(fault_.dip_rad);
    const auto u = OkadaDisplacement(fault_, at.x + 0.5 * fault_.length, at.y + middle);
    const Vec2 flat = strike_.Out(u[0], u[1]);
    return Project(los_, flat.x, flat.y, u[2]);
  }

 private:
  LineOfSight los_;
  Rotation strike_;
  OkadaFault fault_;
};

}  // namespace

std::unique_ptr<Source> DrawSource(SourceKind kind, const LineOfSight& line_of_sight, const SlopeAt& slope,
                                   KeyedRandom& random) {
  switch (kind) {
    case SourceKind::kBowl: return std::make_unique<Bowl>(random);
    case SourceKind::kMiningBasin: return std::make_unique<MiningBasin>(line_of_sight, random);
    case SourceKind::kLandslide: return std::make_unique<Landslide>(line_of_sight, slope, random);
    case SourceKind::kMogi: return std::make_unique<Mogi>(line_of_sight, random);
    case SourceKind::kOkada: return std::make_unique<OkadaSource>(line_of_sight, random);
    case SourceKind::kSinkhole: return std::make_unique<Sinkhole>(random);
  }
  return nullptr;
}

}  // namespace fringewatch::sim
