// From packed bytes to codes and scales in registers: one small type for each format.
//
// `part` counts the vectors of kLanes rows in a block of 16. Letters as in GGUF: d and m are a
// group's scale and minimum, a weight is scale * code - minimum.
#pragma once

namespace eremo::EREMO_LEVEL {

constexpr int kParts = kBlockRows / kLanes;

// The codes of one group for kLanes rows, and what turns them into weights.
struct Affine {
  static constexpr bool kIsPaired = false;
  I32 codes[kQuads];
  F32 scale, minimum;
};
struct Paired {
  static constexpr bool kIsPaired = true;  // weight = scale * (code - 32), a scale for each half
  I32 codes[kQuads];
  F32 scales[2];
};

EREMO_INLINE void unpack_4_bits(const uint8_t* p, I32 (&codes)[kQuads]) {
  const I32 mask = set1_u8(15);
  for (int i = 0; i < 4; i++) {
    const I32 both = load_bytes(p + 64 * i);
    codes[i] = bit_and(both, mask);
    codes[4 + i] = bit_and(shift_right<4>(both), mask);
  }
}

EREMO_INLINE void add_fifth_bits(const uint8_t* p, I32 (&codes)[kQuads]) {
  const I32 bits = load_bytes(p), mask = set1_u8(16);
  codes[0] = bit_or(codes[0], bit_and(shift_left<4>(bits), mask));
  codes[1] = bit_or(codes[1], bit_and(shift_left<3>(bits), mask));
  codes[2] = bit_or(codes[2], bit_and(shift_left<2>(bits), mask));
  codes[3] = bit_or(codes[3], bit_and(shift_left<1>(bits), mask));
  codes[4] = bit_or(codes[4], bit_and(bits, mask));
  codes[5] = bit_or(codes[5], bit_and(shift_right<1>(bits), mask));
  codes[6] = bit_or(codes[6], bit_and(shift_right<2>(bits), mask));
  codes[7] = bit_or(codes[7], bit_and(shift_right<3>(bits), mask));
}

EREMO_INLINE void add_upper_two_bits(const uint8_t* p, I32 (&codes)[kQuads]) {
  const I32 mask = set1_u8(48);
  for (int i = 0; i < 2; i++) {
    const I32 bits = load_bytes(p + 64 * i);
    codes[4 * i] = bit_or(codes[4 * i], bit_and(shift_left<4>(bits), mask));
    codes[4 * i + 1] = bit_or(codes[4 * i + 1], bit_and(shift_left<2>(bits), mask));
    codes[4 * i + 2] = bit_or(codes[4 * i + 2], bit_and(bits, mask));
    codes[4 * i + 3] = bit_or(codes[4 * i + 3], bit_and(shift_right<2>(bits), mask));
  }
}

// Formats of 32 columns with an fp16 scale, an fp16 minimum or none, and 4 or 5 bits a code.
template <int32_t kFormat, int kBits, bool kHasMinimum>
struct Simple {
  using Panel = Affine;
  static constexpr int kCodeBits = kBits;

  EREMO_INLINE static Affine unpack(const uint8_t* block, int group, int part) {
    constexpr int kBytes = unit_size(kFormat).bytes, kHeader = kHasMinimum ? 64 : 32;
    const uint8_t* unit = block + static_cast<size_t>(group) * kBytes;
    const int lane = part * kLanes;
    Affine panel;
    unpack_4_bits(unit + kHeader + 4 * lane, panel.codes);
    if (kBits == 5) add_fifth_bits(unit + kHeader + 256 + 4 * lane, panel.codes);
    panel.scale = load_f16(unit + 2 * lane);
    panel.minimum = kHasMinimum ? load_f16(unit + 32 + 2 * lane)
                                : panel.scale * set1(static_cast<float>(1 << (kBits - 1)));
    return panel;
  }
};

struct Bytes {  // Q8_0
  using Panel = Affine;
  static constexpr int kCodeBits = 8;

  EREMO_INLINE static Affine unpack(const uint8_t* block, int group, int part) {
    const uint8_t* unit = block + static_cast<size_t>(group) * unit_size(kQ8_0).bytes;
    const int lane = part * kLanes;
    const I32 sign = set1_u8(0x80);
    Affine panel;
    for (int i = 0; i < kQuads; i++) {
      const I32 codes = load_bytes(unit + 32 + 64 * i + 4 * lane);
      panel.codes[i] = kSignedBytes ? bit_xor(codes, sign) : codes;
    }
    panel.scale = load_f16(unit + 2 * lane);
    panel.minimum = kSignedBytes ? zero() : panel.scale * set1(128.0f);
    return panel;
  }
};

// Q4_K and Q5_K: 256 columns with fp16 d and dmin; a scale and a minimum of 6 bits for each group.
template <int32_t kFormat, int kBits>
struct Super {
  using Panel = Affine;
  static constexpr int kCodeBits = kBits;

  EREMO_INLINE static Affine unpack(const uint8_t* block, int group, int part) {
    constexpr int kBytes = unit_size(kFormat).bytes, kCodes = kBits == 5 ? 320 : 256;
    const uint8_t* unit = block + static_cast<size_t>(group / 8) * kBytes;
    const uint8_t* scales = unit + 64 + 32 * (group % 8);
    const uint8_t* codes = unit + 64 + 8 * 32 + kCodes * (group % 8);
    const int lane = part * kLanes;
    Affine panel;
    unpack_4_bits(codes + 4 * lane, panel.codes);
    if (kBits == 5) add_fifth_bits(codes + 256 + 4 * lane, panel.codes);
    panel.scale = load_f16(unit + 2 * lane) * load_u8(scales + lane);
    panel.minimum = load_f16(unit + 32 + 2 * lane) * load_u8(scales + 16 + lane);
    return panel;
  }
};

struct SixBits {  // Q6_K: 256 columns with an fp16 d; a signed scale of 8 bits for each 16
  using Panel = Paired;
  static constexpr int kCodeBits = 6;

  EREMO_INLINE static Paired unpack(const uint8_t* block, int group, int part) {
    const uint8_t* unit = block + static_cast<size_t>(group / 8) * unit_size(kQ6_K).bytes;
    const uint8_t* scales = unit + 32 + 32 * (group % 8);
    const uint8_t* codes = unit + 32 + 16 * 16 + 384 * (group % 8);
    const int lane = part * kLanes;
    Paired panel;
    unpack_4_bits(codes + 4 * lane, panel.codes);
    add_upper_two_bits(codes + 256 + 4 * lane, panel.codes);
    const F32 d = load_f16(unit + 2 * lane);
    panel.scales[0] = d * load_i8(scales + lane);
    panel.scales[1] = d * load_i8(scales + 16 + lane);
    return panel;
  }
};

using PackedQ4_0 = Simple<kQ4_0, 4, false>;
using PackedQ4_1 = Simple<kQ4_1, 4, true>;
using PackedQ5_0 = Simple<kQ5_0, 5, false>;
using PackedQ5_1 = Simple<kQ5_1, 5, true>;
using PackedQ8_0 = Bytes;
using PackedQ4_K = Super<kQ4_K, 4>;
using PackedQ5_K = Super<kQ5_K, 5>;
using PackedQ6_K = SixBits;

}  // namespace eremo::EREMO_LEVEL
