#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(_WIN32)
#include <windows.h>
#endif

namespace eremo {

#if defined(__x86_64__)

extern const Level level_avx2, level_avxvnni, level_avx512;

namespace {

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
  return r;
}

bool has(unsigned bits, std::initializer_list<int> wanted) {
  for (int bit : wanted)
    if (!(bits >> bit & 1)) return false;
  return true;
}

// Which registers the system saves when it switches between threads.
unsigned saved_registers() {
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

// Bits: Intel's manual, volume 2, CPUID.
std::vector<const Level*> usable_levels() {
  constexpr int kFma = 12, kSaves = 27, kAvx = 28, kF16c = 29;                      // 1: ecx
  constexpr int kAvx2 = 5, kAvx512F = 16, kAvx512DQ = 17, kAvx512BW = 30, kAvx512VL = 31;  // 7: ebx
  constexpr int kAvx512Vnni = 11;                                                   // 7: ecx
  constexpr int kAvxVnni = 4;                                                       // 7, 1: eax
  std::vector<const Level*> found;
  if (!has(cpuid(1, 0).c, {kFma, kSaves, kAvx, kF16c})) return found;
  const unsigned saved = saved_registers();
  const Registers features = cpuid(7, 0);
  if (!has(saved, {1, 2}) || !has(features.b, {kAvx2})) return found;
  if (has(saved, {5, 6, 7}) && has(features.b, {kAvx512F, kAvx512DQ, kAvx512BW, kAvx512VL}) &&
      has(features.c, {kAvx512Vnni}))
    found.push_back(&level_avx512);
  if (features.a >= 1 && has(cpuid(7, 1).a, {kAvxVnni})) found.push_back(&level_avxvnni);
  found.push_back(&level_avx2);
  return found;
}

#elif defined(__aarch64__)

extern const Level level_neon;

std::vector<const Level*> usable_levels() {
#if defined(__linux__)
  const bool has_dot_product = getauxval(AT_HWCAP) & (1 << 20);  // HWCAP_ASIMDDP
#elif defined(_WIN32)
  constexpr DWORD kDotProduct = 43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
  const bool has_dot_product = IsProcessorFeaturePresent(kDotProduct);
#else
  const bool has_dot_product = true;  // every Mac with Apple's processors
#endif
  return has_dot_product ? std::vector<const Level*>{&level_neon} : std::vector<const Level*>{};
}

#endif

}  // namespace eremo
