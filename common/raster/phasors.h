/// Wrapped phases as complex numbers.
#pragma once

namespace fringewatch {

/// amplitude * exp(i phase) of `count` pixels, 0 where phase or amplitude is missing (NaN). Phases in [-pi, pi]; error
/// below 3e-6 of the amplitude, and the same bits on every processor.
void Phasors(const float* phase_rad, const float* amplitude, int count, float* real, float* imaginary);

}  // namespace fringewatch
