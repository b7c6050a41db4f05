#include "common/worker/source_limits.h"

#include <cstdint>

namespace fringewatch::worker {

io::SourceLimits LimitsOf(const service::SourceSettings& sources) {
  constexpr double kGib = 1 << 30;
  return {.roots = sources.roots,
          .max_rows = sources.max_rows,
          .max_cols = sources.max_rows,
          .max_raster_bytes = static_cast<uint64_t>(sources.max_raster_gib * kGib)};
}

}  // namespace fringewatch::worker
