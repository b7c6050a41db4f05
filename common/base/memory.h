/// How the process deals with memory that it frees.
#pragma once

namespace fringewatch {

/// Keeps freed memory for the next raster instead of handing it back: tiles and patches come and go by the megabyte,
/// and fresh pages cost a sixth of the detector's time. Call once, at the start of a process that works on rasters.
/// Without effect where the C library has no such switch.
void KeepFreedMemory();

}  // namespace fringewatch
