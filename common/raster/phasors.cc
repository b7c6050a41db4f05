#include "common/raster/phasors.h"

#include "common/base/vector_clones.h"

// Built with -ffp-contract=off: every instruction set then gives the same bits, so the kernel may be compiled for
// several and chosen at run time.

namespace fringewatch {

// Taylor series of sine and cosine of half the angle, degrees 11 and 10: error below 1.5e-6 on [-pi, pi].
FW_VECTOR_CLONES void Phasors(const float* __restrict phase_rad, const float* __restrict amplitude, int count,
                              float* __restrict real, float* __restrict imaginary) {
  for (int c = 0; c < count; ++c) {
    const bool present = (phase_rad[c] == phase_rad[c]) & (amplitude[c] == amplitude[c]);
    const float x = present ? 0.5F * phase_rad[c] : 0.0F;
    const float gamma = present ? amplitude[c] : 0.0F;
    const float t = x * x;
    const float sine_tail = 1.0F / 120 + t * (-1.0F / 5040 + t * (1.0F / 362880 - t * (1.0F / 39916800)));
    const float sine = x * (1.0F + t * (-1.0F / 6 + t * sine_tail));
    const float cosine_tail = 1.0F / 24 + t * (-1.0F / 720 + t * (1.0F / 40320 - t * (1.0F / 3628800)));
    const float cosine = 1.0F + t * (-0.5F + t * cosine_tail);
    real[c] = gamma * (1.0F - 2.0F * sine * sine);
    imaginary[c] = gamma * (2.0F * sine * cosine);
  }
}

}  // namespace fringewatch
