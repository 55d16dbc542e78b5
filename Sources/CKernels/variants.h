// SPDX-License-Identifier: Apache-2.0
//
// Compiles a kernel for several processors. A kernel's body lies in a `.inc` file that uses
// KERNEL(name), TARGET and VECTOR_WIDTH (floats in a vector); `VARIANT_FILE` names it, and
// <variants.inc> includes it once for each processor family.
#ifndef TESSERA_VARIANTS_H
#define TESSERA_VARIANTS_H

#if defined(__x86_64__)
#define TESSERA_X86 1
/// 2: AVX-512, 1: AVX2 with FMA, 0: what every x86-64 has.
static inline int tessera_processor_level(void) {
  static int level = -1;
  int known = __atomic_load_n(&level, __ATOMIC_RELAXED);
  if (known >= 0) return known;
  __builtin_cpu_init();
  known = 0;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) known = 1;
  if (known == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    known = 2;
  __atomic_store_n(&level, known, __ATOMIC_RELAXED);
  return known;
}
/// Calls the variant of `name` that suits this processor.
#define DISPATCH(name, ...)                        \
  switch (tessera_processor_level()) {             \
    case 2: name##_avx512(__VA_ARGS__); return;    \
    case 1: name##_avx2(__VA_ARGS__); return;      \
    default: name##_baseline(__VA_ARGS__); return; \
  }
#else
#define DISPATCH(name, ...) name##_baseline(__VA_ARGS__)
#endif

#define TESSERA_JOIN_(a, b) a##b
#define TESSERA_JOIN(a, b) TESSERA_JOIN_(a, b)
#define KERNEL(name) TESSERA_JOIN(name, VARIANT_SUFFIX)
#endif
