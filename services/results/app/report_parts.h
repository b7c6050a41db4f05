/// Small parts of the report page: text, numbers, colours, pictures, axes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/io/png.h"

namespace fringewatch::results {

/// Text that shows as it is in HTML and SVG, in elements and quoted attributes.
[[nodiscard]] std::string Escape(std::string_view text);

/// "-12.5" with a true minus sign; a dash for NaN.
[[nodiscard]] std::string Number(double value, int digits);

/// "1,234,567".
[[nodiscard]] std::string Thousands(double value);

/// Colour of a velocity: red = away from the satellite, blue = towards; `limit` > 0 and beyond is the end colour.
[[nodiscard]] io::Rgba ColourOf(double value, double limit);
[[nodiscard]] std::string CssColour(io::Rgba colour);

/// The smallest of 1, 2, 5 x 10^n that is not less than `value` (> 0).
[[nodiscard]] double RoundUp(double value);

/// Round values that divide [low, high] in about `count` steps, all inside.
[[nodiscard]] std::vector<double> Ticks(double low, double high, int count);

/// "data:image/png;base64,..."; "" when the picture is empty. \error kInternal
[[nodiscard]] StatusOr<std::string> PngUri(const Array2<io::Rgba>& picture);

/// A horizontal legend of ColourOf from -limit to limit, as SVG.
[[nodiscard]] std::string ColourLegend(double limit);

}  // namespace fringewatch::results
