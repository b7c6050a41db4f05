/// Version of Fringewatch; stated in every product.
#pragma once

namespace fringewatch {
inline constexpr const char* kVersion = FRINGEWATCH_VERSION;
}
