/// A raster file through GDAL.
#pragma once

namespace fringewatch::io {

/// Registers the GDAL drivers once, with errors captured instead of printed. Safe to call from anywhere, often.
void PrepareGdal();

}  // namespace fringewatch::io
