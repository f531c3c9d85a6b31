// Vectors of two CPU levels: AVX2 with FMA and F16C, 8 lanes; with EREMO_HAS_VNNI, AVX-VNNI too.
#pragma once
#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace eremo::EREMO_LEVEL {

constexpr int kLanes = 8;
using F32 = __m256;
using I32 = __m256i;

#ifdef EREMO_HAS_VNNI
constexpr bool kSignedBytes = false;
constexpr int kTileTokens = 4;
#else
// Two products of unsigned bytes do not fit 16 bits: codes of 8 bits are multiplied as signed ones.
constexpr bool kSignedBytes = true;
constexpr int kTileTokens = 3;
#endif
constexpr int kTileParts = 1;

EREMO_INLINE F32 set1(float x) { return _mm256_set1_ps(x); }
EREMO_INLINE F32 zero() { return _mm256_setzero_ps(); }
EREMO_INLINE F32 load(const float* p) { return _mm256_loadu_ps(p); }
EREMO_INLINE void store(float* p, F32 x) { _mm256_storeu_ps(p, x); }
EREMO_INLINE I32 first_lanes(int count) {
  const I32 lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane);
}
EREMO_INLINE F32 load_first(const float* p, int count) {
  return _mm256_maskload_ps(p, first_lanes(count));
}
EREMO_INLINE void store_first(float* p, F32 x, int count) {
  _mm256_maskstore_ps(p, first_lanes(count), x);
}
EREMO_INLINE F32 load_f16(const void* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(p)));
}
EREMO_INLINE void store_f16(void* p, F32 x) {
  _mm_storeu_si128(static_cast<__m128i*>(p),
                   _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
EREMO_INLINE F32 load_bf16(const void* p) {
  const I32 wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
EREMO_INLINE F32 load_u8(const void* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(p))));
}
EREMO_INLINE F32 load_i8(const void* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(p))));
}

EREMO_INLINE F32 fma(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a, b, c); }    // a b + c
EREMO_INLINE F32 fnma(F32 a, F32 b, F32 c) { return _mm256_fnmadd_ps(a, b, c); }  // c - a b
EREMO_INLINE F32 abs(F32 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
// Where b is no number, the result is none: what may be NaN goes into b.
EREMO_INLINE F32 max(F32 a, F32 b) { return _mm256_max_ps(a, b); }
EREMO_INLINE F32 min(F32 a, F32 b) { return _mm256_min_ps(a, b); }
EREMO_INLINE F32 round(F32 x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// `whole` is clamped to the exponents of ordinary numbers: 2^-126 stands for all that is less.
EREMO_INLINE F32 times_power_of_2(F32 x, F32 whole) {
  whole = min(set1(127.0f), max(set1(-126.0f), whole));
  const I32 exponent = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
  return x * _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}
EREMO_INLINE float sum(F32 x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}
EREMO_INLINE float largest(F32 x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

EREMO_INLINE I32 load_bytes(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
EREMO_INLINE void store_bytes(void* p, I32 x) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), x);
}
EREMO_INLINE I32 set1_i32(int32_t x) { return _mm256_set1_epi32(x); }
EREMO_INLINE I32 set1_u8(uint8_t x) { return _mm256_set1_epi8(static_cast<char>(x)); }
EREMO_INLINE I32 broadcast_quad(const int8_t* p) {
  int32_t quad;
  memcpy(&quad, p, 4);
  return _mm256_set1_epi32(quad);
}
EREMO_INLINE I32 bit_and(I32 a, I32 b) { return _mm256_and_si256(a, b); }
EREMO_INLINE I32 bit_or(I32 a, I32 b) { return _mm256_or_si256(a, b); }
EREMO_INLINE I32 bit_xor(I32 a, I32 b) { return _mm256_xor_si256(a, b); }
// Shifts of 16-bit lanes: bits cross from byte to byte, and are masked off after it.
template <int kBits>
EREMO_INLINE I32 shift_right(I32 a) {
  return _mm256_srli_epi16(a, kBits);
}
template <int kBits>
EREMO_INLINE I32 shift_left(I32 a) {
  return _mm256_slli_epi16(a, kBits);
}
EREMO_INLINE F32 to_float(I32 x) { return _mm256_cvtepi32_ps(x); }
EREMO_INLINE I32 to_int(F32 x) { return _mm256_cvtps_epi32(x); }  // to nearest, ties to even
EREMO_INLINE int32_t sum_i32(I32 x) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}
EREMO_INLINE void store_as_i8(int8_t* p, I32 x) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}

// Sums of products of codes (unsigned, but for 8 bits where kSignedBytes) and activations (signed),
// four columns at a time.
#ifdef EREMO_HAS_VNNI
template <int kCodeBits>
struct Dot {
  I32 total;

  EREMO_INLINE static Dot from(int32_t start) { return {_mm256_set1_epi32(start)}; }
  EREMO_INLINE static Dot none() { return {_mm256_setzero_si256()}; }
  EREMO_INLINE void add(I32 codes, I32 quad, int) {
    total = _mm256_dpbusd_avx_epi32(total, codes, quad);
  }
  EREMO_INLINE I32 sum() const { return total; }
};
#else
template <int kCodeBits>
struct Dot {
  // A pair of products of codes below 2^kCodeBits and of 127 at most fits 16 bits; so many pairs
  // can be added before they have to be widened.
  static constexpr int kPairs = kCodeBits <= 4 ? 8 : kCodeBits == 5 ? 4 : kCodeBits == 6 ? 2 : 1;
  I32 total;
  I32 pairs;

  EREMO_INLINE static Dot from(int32_t start) {
    return {_mm256_set1_epi32(start), _mm256_setzero_si256()};
  }
  EREMO_INLINE static Dot none() { return from(0); }
  EREMO_INLINE void add(I32 codes, I32 quad, int index) {
    const I32 products = kCodeBits == 8 ? _mm256_maddubs_epi16(_mm256_abs_epi8(codes),
                                                               _mm256_sign_epi8(quad, codes))
                                        : _mm256_maddubs_epi16(codes, quad);
    pairs = index % kPairs == 0 ? products : _mm256_add_epi16(pairs, products);
    if (index % kPairs == kPairs - 1) widen();
  }
  EREMO_INLINE void widen() {
    total = _mm256_add_epi32(total, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  EREMO_INLINE I32 sum() const { return total; }
};
#endif

// Of what is read once: the caches keep what is used again.
EREMO_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_NTA);
}

}  // namespace eremo::EREMO_LEVEL
