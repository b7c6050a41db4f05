#include "common/base/memory.h"

#ifdef __GLIBC__
#include <malloc.h>

#include <limits>
#endif

namespace fringewatch {

void KeepFreedMemory() {
#ifdef __GLIBC__
  constexpr int kLargest = 32 << 20;  // that the library accepts
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_ARENA_MAX, 1);  // those of other threads are handed back whole whatever the threshold
#endif
}

}  // namespace fringewatch
