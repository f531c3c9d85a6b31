// From packed bytes to codes and scales in registers: one small type for each format.
//
// A Unit is what has to be done but once for all kGroups groups of a unit of columns. `part` counts
// the vectors of kLanes rows in a block of 16. Letters as in GGUF: d and m are a group's scale and
// minimum, a weight is scale * code - minimum.
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

struct PlainUnit {
  const uint8_t* data;

  EREMO_INLINE void open(const uint8_t* unit) { data = unit; }
};

EREMO_INLINE void widen(const uint8_t* f16, F32 (&values)[kParts]) {
  for (int part = 0; part < kParts; part++) values[part] = load_f16(f16 + 2 * kLanes * part);
}

// Formats of 32 columns with an fp16 scale, an fp16 minimum or none, and 4 or 5 bits a code.
template <int32_t kFormat, int kBits, bool kHasMinimum>
struct Simple {
  using Panel = Affine;
  using Unit = PlainUnit;
  static constexpr int kCodeBits = kBits, kGroups = 1, kUnitBytes = unit_size(kFormat).bytes;

  EREMO_INLINE static Affine unpack(const Unit& unit, int, int part) {
    constexpr int kHeader = kHasMinimum ? 64 : 32;
    const int lane = part * kLanes;
    Affine panel;
    unpack_4_bits(unit.data + kHeader + 4 * lane, panel.codes);
    if (kBits == 5) add_fifth_bits(unit.data + kHeader + 256 + 4 * lane, panel.codes);
    panel.scale = load_f16(unit.data + 2 * lane);
    panel.minimum = kHasMinimum ? load_f16(unit.data + 32 + 2 * lane)
                                : panel.scale * set1(static_cast<float>(1 << (kBits - 1)));
    return panel;
  }
};

struct Bytes {  // Q8_0
  using Panel = Affine;
  using Unit = PlainUnit;
  static constexpr int kCodeBits = 8, kGroups = 1, kUnitBytes = unit_size(kQ8_0).bytes;

  EREMO_INLINE static Affine unpack(const Unit& unit, int, int part) {
    const int lane = part * kLanes;
    const I32 sign = set1_u8(0x80);
    Affine panel;
    for (int i = 0; i < kQuads; i++) {
      const I32 codes = load_bytes(unit.data + 32 + 64 * i + 4 * lane);
      panel.codes[i] = kSignedBytes ? bit_xor(codes, sign) : codes;
    }
    panel.scale = load_f16(unit.data + 2 * lane);
    panel.minimum = kSignedBytes ? zero() : panel.scale * set1(128.0f);
    return panel;
  }
};

// Q4_K and Q5_K: 256 columns with fp16 d and dmin; a scale and a minimum of 6 bits for each group.
struct SuperUnit {
  const uint8_t* codes;
  F32 d[kParts], dmin[kParts];
  uint8_t scales[8 * 32];  // of each group: the scales of 16 rows, then their minimums

  EREMO_INLINE void open(const uint8_t* unit) {
    codes = unit + kSuperHeader;
    widen(unit, d);
    widen(unit + 32, dmin);
    const uint8_t *lower = unit + 64, *upper = lower + 128;
    const I32 low = set1_u8(15), high = set1_u8(48);
    for (size_t i = 0; i < 64; i += sizeof(I32)) {
      const I32 first = load_bytes(lower + i), second = load_bytes(lower + 64 + i);
      const I32 bits = load_bytes(upper + i);
      const auto put = [&](int quarter, I32 four, I32 two) {
        store_bytes(scales + 64 * quarter + i, bit_or(bit_and(four, low), bit_and(two, high)));
      };
      put(0, first, shift_left<4>(bits));
      put(1, second, shift_left<2>(bits));
      put(2, shift_right<4>(first), bits);
      put(3, shift_right<4>(second), shift_right<2>(bits));
    }
  }
};

template <int kBits>
struct Super {
  using Panel = Affine;
  using Unit = SuperUnit;
  static constexpr int kCodeBits = kBits, kGroups = 8;
  static constexpr int kUnitBytes = unit_size(kBits == 5 ? kQ5_K : kQ4_K).bytes;

  EREMO_INLINE static Affine unpack(const Unit& unit, int group, int part) {
    const uint8_t* codes = unit.codes + (kBits == 5 ? 320 : 256) * group;
    const uint8_t* scales = unit.scales + 32 * group;
    const int lane = part * kLanes;
    Affine panel;
    unpack_4_bits(codes + 4 * lane, panel.codes);
    if (kBits == 5) add_fifth_bits(codes + 256 + 4 * lane, panel.codes);
    panel.scale = unit.d[part] * load_u8(scales + lane);
    panel.minimum = unit.dmin[part] * load_u8(scales + 16 + lane);
    return panel;
  }
};

struct SixBits {  // Q6_K: 256 columns with an fp16 d; a signed scale of 8 bits for each 16
  using Panel = Paired;
  static constexpr int kCodeBits = 6, kGroups = 8, kUnitBytes = unit_size(kQ6_K).bytes;

  struct Unit {
    const uint8_t* data;
    F32 d[kParts];

    EREMO_INLINE void open(const uint8_t* unit) {
      data = unit;
      widen(unit, d);
    }
  };

  EREMO_INLINE static Paired unpack(const Unit& unit, int group, int part) {
    const uint8_t* scales = unit.data + 32 + 32 * group;
    const uint8_t* codes = unit.data + 32 + 16 * 16 + 384 * group;
    const int lane = part * kLanes;
    Paired panel;
    unpack_4_bits(codes + 4 * lane, panel.codes);
    add_upper_two_bits(codes + 256 + 4 * lane, panel.codes);
    panel.scales[0] = unit.d[part] * load_i8(scales + lane);
    panel.scales[1] = unit.d[part] * load_i8(scales + 16 + lane);
    return panel;
  }
};

using PackedQ4_0 = Simple<kQ4_0, 4, false>;
using PackedQ4_1 = Simple<kQ4_1, 4, true>;
using PackedQ5_0 = Simple<kQ5_0, 5, false>;
using PackedQ5_1 = Simple<kQ5_1, 5, true>;
using PackedQ8_0 = Bytes;
using PackedQ4_K = Super<4>;
using PackedQ5_K = Super<5>;
using PackedQ6_K = SixBits;

}  // namespace eremo::EREMO_LEVEL
