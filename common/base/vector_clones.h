/// Kernels compiled once per level of the processor, the best one chosen when the program is loaded.
#pragma once

/// Put before a function whose loops vectorise. Sanitizers do not support such dispatch: there it is plain code.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define FW_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FW_VECTOR_CLONES
#endif
