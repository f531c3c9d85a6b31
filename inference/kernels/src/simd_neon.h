// Vectors of one CPU level: AArch64 NEON with the dot product of ARMv8.2, 4 lanes.
#pragma once
#include <arm_neon.h>

#include <cstdint>
#include <cstring>

namespace eremo::EREMO_LEVEL {

constexpr int kLanes = 4;
using F32 = float32x4_t;
using I32 = int32x4_t;

constexpr bool kSignedBytes = true;  // the dot product is of signed numbers alone
constexpr int kTileTokens = 4;
constexpr int kTileParts = 2;

EREMO_INLINE F32 set1(float x) { return vdupq_n_f32(x); }
EREMO_INLINE F32 zero() { return vdupq_n_f32(0.0f); }
EREMO_INLINE F32 load(const float* p) { return vld1q_f32(p); }
EREMO_INLINE void store(float* p, F32 x) { vst1q_f32(p, x); }
EREMO_INLINE F32 load_first(const float* p, int count) {
  float lanes[4] = {0, 0, 0, 0};
  memcpy(lanes, p, static_cast<size_t>(count) * sizeof(float));
  return vld1q_f32(lanes);
}
EREMO_INLINE void store_first(float* p, F32 x, int count) {
  float lanes[4];
  vst1q_f32(lanes, x);
  memcpy(p, lanes, static_cast<size_t>(count) * sizeof(float));
}
EREMO_INLINE F32 load_f16(const void* p) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(static_cast<const uint16_t*>(p))));
}
EREMO_INLINE void store_f16(void* p, F32 x) {
  vst1_u16(static_cast<uint16_t*>(p), vreinterpret_u16_f16(vcvt_f16_f32(x)));
}
EREMO_INLINE F32 load_bf16(const void* p) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(static_cast<const uint16_t*>(p)), 16));
}
EREMO_INLINE F32 load_u8(const void* p) {
  uint32_t quad;
  memcpy(&quad, p, 4);
  const uint16x8_t wide = vmovl_u8(vcreate_u8(quad));
  return vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide)));
}
EREMO_INLINE F32 load_i8(const void* p) {
  uint32_t quad;
  memcpy(&quad, p, 4);
  const int16x8_t wide = vmovl_s8(vcreate_s8(quad));
  return vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide)));
}

EREMO_INLINE F32 fma(F32 a, F32 b, F32 c) { return vfmaq_f32(c, a, b); }   // a b + c
EREMO_INLINE F32 fnma(F32 a, F32 b, F32 c) { return vfmsq_f32(c, a, b); }  // c - a b
EREMO_INLINE F32 abs(F32 x) { return vabsq_f32(x); }
// Where an operand is no number, the result is none.
EREMO_INLINE F32 max(F32 a, F32 b) { return vmaxq_f32(a, b); }
EREMO_INLINE F32 min(F32 a, F32 b) { return vminq_f32(a, b); }
EREMO_INLINE F32 round(F32 x) { return vrndnq_f32(x); }
// `whole` is clamped to the exponents of ordinary numbers: 2^-126 stands for all that is less.
EREMO_INLINE F32 times_power_of_2(F32 x, F32 whole) {
  whole = min(set1(127.0f), max(set1(-126.0f), whole));
  const I32 exponent = vaddq_s32(vcvtnq_s32_f32(whole), vdupq_n_s32(127));
  return x * vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
}
EREMO_INLINE float sum(F32 x) { return vaddvq_f32(x); }
EREMO_INLINE float largest(F32 x) { return vmaxvq_f32(x); }

EREMO_INLINE I32 load_bytes(const void* p) {
  return vreinterpretq_s32_u8(vld1q_u8(static_cast<const uint8_t*>(p)));
}
EREMO_INLINE void store_bytes(void* p, I32 x) {
  vst1q_u8(static_cast<uint8_t*>(p), vreinterpretq_u8_s32(x));
}
EREMO_INLINE I32 set1_i32(int32_t x) { return vdupq_n_s32(x); }
EREMO_INLINE I32 set1_u8(uint8_t x) { return vreinterpretq_s32_u8(vdupq_n_u8(x)); }
EREMO_INLINE I32 broadcast_quad(const int8_t* p) {
  int32_t quad;
  memcpy(&quad, p, 4);
  return vdupq_n_s32(quad);
}
EREMO_INLINE I32 bit_and(I32 a, I32 b) { return vandq_s32(a, b); }
EREMO_INLINE I32 bit_or(I32 a, I32 b) { return vorrq_s32(a, b); }
EREMO_INLINE I32 bit_xor(I32 a, I32 b) { return veorq_s32(a, b); }
// Shifts of 16-bit lanes, as on the other levels: bits that cross a byte are masked off after it.
template <int kBits>
EREMO_INLINE I32 shift_right(I32 a) {
  return vreinterpretq_s32_u16(vshrq_n_u16(vreinterpretq_u16_s32(a), kBits));
}
template <int kBits>
EREMO_INLINE I32 shift_left(I32 a) {
  return vreinterpretq_s32_u16(vshlq_n_u16(vreinterpretq_u16_s32(a), kBits));
}
EREMO_INLINE F32 to_float(I32 x) { return vcvtq_f32_s32(x); }
EREMO_INLINE I32 to_int(F32 x) { return vcvtnq_s32_f32(x); }  // to nearest, ties to even
EREMO_INLINE int32_t sum_i32(I32 x) { return vaddvq_s32(x); }
EREMO_INLINE void store_as_i8(int8_t* p, I32 x) {
  const int16x4_t words = vmovn_s32(x);
  const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
  const int32_t quad = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
  memcpy(p, &quad, 4);
}

// Sums of products of codes (below 128, or signed) and activations (signed), four columns at a
// time.
template <int kCodeBits>
struct Dot {
  I32 total;

  EREMO_INLINE static Dot from(int32_t start) { return {vdupq_n_s32(start)}; }
  EREMO_INLINE static Dot none() { return {vdupq_n_s32(0)}; }
  EREMO_INLINE void add(I32 codes, I32 quad, int) {
    total = vdotq_s32(total, vreinterpretq_s8_s32(codes), vreinterpretq_s8_s32(quad));
  }
  EREMO_INLINE I32 sum() const { return total; }
};

// Of what is read once: the caches keep what is used again.
EREMO_INLINE void prefetch(const void* p) { __builtin_prefetch(p, 0, 0); }

}  // namespace eremo::EREMO_LEVEL
