// Vectors of one CPU level: AVX-512 with VNNI, 16 lanes.
#pragma once
#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace eremo::EREMO_LEVEL {

constexpr int kLanes = 16;
using F32 = __m512;
using I32 = __m512i;

// Codes of 8 bits are multiplied as unsigned numbers, 128 above their values.
constexpr bool kSignedBytes = false;

// How many tokens and blocks of rows a product works on at a time: what fits the 32 registers.
constexpr int kTileTokens = 6;
constexpr int kTileParts = 2;

EREMO_INLINE F32 set1(float x) { return _mm512_set1_ps(x); }
EREMO_INLINE F32 zero() { return _mm512_setzero_ps(); }
EREMO_INLINE F32 load(const float* p) { return _mm512_loadu_ps(p); }
EREMO_INLINE void store(float* p, F32 x) { _mm512_storeu_ps(p, x); }
EREMO_INLINE F32 load_first(const float* p, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
}
EREMO_INLINE void store_first(float* p, F32 x, int count) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), x);
}
EREMO_INLINE F32 load_f16(const void* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
}
EREMO_INLINE void store_f16(void* p, F32 x) {
  _mm256_storeu_si256(static_cast<__m256i*>(p),
                      _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
EREMO_INLINE F32 load_bf16(const void* p) {
  const I32 wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
EREMO_INLINE F32 load_u8(const void* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))));
}
EREMO_INLINE F32 load_i8(const void* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))));
}

EREMO_INLINE F32 fma(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a, b, c); }    // a b + c
EREMO_INLINE F32 fnma(F32 a, F32 b, F32 c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
EREMO_INLINE F32 abs(F32 x) { return _mm512_abs_ps(x); }
// Where b is no number, the result is none: what may be NaN goes into b.
EREMO_INLINE F32 max(F32 a, F32 b) { return _mm512_max_ps(a, b); }
EREMO_INLINE F32 min(F32 a, F32 b) { return _mm512_min_ps(a, b); }
EREMO_INLINE F32 round(F32 x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
EREMO_INLINE F32 times_power_of_2(F32 x, F32 whole) { return _mm512_scalef_ps(x, whole); }
EREMO_INLINE float sum(F32 x) { return _mm512_reduce_add_ps(x); }
EREMO_INLINE float largest(F32 x) { return _mm512_reduce_max_ps(x); }

EREMO_INLINE I32 load_bytes(const void* p) { return _mm512_loadu_si512(p); }
EREMO_INLINE void store_bytes(void* p, I32 x) { _mm512_storeu_si512(p, x); }
EREMO_INLINE I32 set1_i32(int32_t x) { return _mm512_set1_epi32(x); }
EREMO_INLINE I32 set1_u8(uint8_t x) { return _mm512_set1_epi8(static_cast<char>(x)); }
EREMO_INLINE I32 broadcast_quad(const int8_t* p) {
  int32_t quad;
  memcpy(&quad, p, 4);
  return _mm512_set1_epi32(quad);
}
EREMO_INLINE I32 bit_and(I32 a, I32 b) { return _mm512_and_si512(a, b); }
EREMO_INLINE I32 bit_or(I32 a, I32 b) { return _mm512_or_si512(a, b); }
EREMO_INLINE I32 bit_xor(I32 a, I32 b) { return _mm512_xor_si512(a, b); }
// Shifts of 16-bit lanes: bits cross from byte to byte, and are masked off after it.
template <int kBits>
EREMO_INLINE I32 shift_right(I32 a) {
  return _mm512_srli_epi16(a, kBits);
}
template <int kBits>
EREMO_INLINE I32 shift_left(I32 a) {
  return _mm512_slli_epi16(a, kBits);
}
EREMO_INLINE F32 to_float(I32 x) { return _mm512_cvtepi32_ps(x); }
EREMO_INLINE I32 to_int(F32 x) { return _mm512_cvtps_epi32(x); }  // to nearest, ties to even
EREMO_INLINE int32_t sum_i32(I32 x) { return _mm512_reduce_add_epi32(x); }
EREMO_INLINE void store_as_i8(int8_t* p, I32 x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x));
}

// Sums of products of codes (unsigned) and activations (signed), four columns at a time.
template <int kCodeBits>
struct Dot {
  I32 total;

  EREMO_INLINE static Dot from(int32_t start) { return {_mm512_set1_epi32(start)}; }
  EREMO_INLINE static Dot none() { return {_mm512_setzero_si512()}; }
  EREMO_INLINE void add(I32 codes, I32 quad, int) {
    total = _mm512_dpbusd_epi32(total, codes, quad);
  }
  EREMO_INLINE I32 sum() const { return total; }
};

// Of what is read once: the caches keep what is used again.
EREMO_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_NTA);
}

}  // namespace eremo::EREMO_LEVEL
