/// Carrier frequencies of radar satellites.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fringewatch::io {

struct Sensor {
  std::string_view name;  ///< as printed: "S1"
  double frequency_hz = 0.0;
  [[nodiscard]] double Wavelength_m() const;
};

/// Looks a sensor up by any of its names, whatever the case: "S1", "sen", "Sentinel-1", "S1A", "TSX", "ALOS-2".
[[nodiscard]] std::optional<Sensor> FindSensor(std::string_view name);

}  // namespace fringewatch::io
