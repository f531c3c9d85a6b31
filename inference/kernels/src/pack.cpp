#include "pack.h"

#include <cstring>

namespace eremo {
namespace {

// Sizes of GGUF's blocks. Source: ggml's block_q4_0 and its kin, as in the gguf package.
struct SourceBlock {
  int columns, bytes;
};

constexpr SourceBlock source_block(int32_t format) {
  switch (format) {
    case kF32: return {1, 4};
    case kF16: return {1, 2};
    case kBF16: return {1, 2};
    case kQ4_0: return {32, 2 + 16};
    case kQ4_1: return {32, 4 + 16};
    case kQ5_0: return {32, 2 + 4 + 16};
    case kQ5_1: return {32, 4 + 4 + 16};
    case kQ8_0: return {32, 2 + 32};
    case kQ4_K: return {256, 4 + 12 + 128};
    case kQ5_K: return {256, 4 + 12 + 32 + 128};
    case kQ6_K: return {256, 128 + 64 + 16 + 2};
    default: return {1, 0};
  }
}

uint32_t word(const uint8_t* p) {
  uint32_t bytes;
  memcpy(&bytes, p, 4);
  return bytes;
}

void put_word(uint8_t* p, uint32_t bytes) { memcpy(p, &bytes, 4); }

constexpr uint32_t kLowHalves = 0x0f0f0f0f;
constexpr uint32_t kOnes = 0x01010101;

// Where the parts of one group of one row go: in the codes, 64 bytes lie between the quads.
struct Target {
  uint8_t* unit;
  int row;

  void put_f16(int at, const uint8_t* f16) const { memcpy(unit + at + 2 * row, f16, 2); }
  void put_negative_f16(int at, const uint8_t* f16) const {
    const uint8_t bytes[2] = {f16[0], static_cast<uint8_t>(f16[1] ^ 0x80)};
    put_f16(at, bytes);
  }
  void put_quad(int at, int index, uint32_t quad) const {
    put_word(unit + at + 64 * index + 4 * row, quad);
  }
};

// Fifth bits that GGUF keeps in the order of the columns, one bit each.
uint32_t gathered_fifth_bits(uint32_t by_column) {
  uint32_t packed = 0;
  for (int column = 0; column < kGroup; column++)
    packed |= (by_column >> column & 1) << (8 * (column % 4) + column / 4);
  return packed;
}

// 4- and 5-bit types of 32 columns already have quad i and quad 4 + i in the halves of a byte.
void pack_simple(const uint8_t* from, int32_t format, const Target& to) {
  const bool has_minimum = format == kQ4_1 || format == kQ5_1;
  const bool has_fifth_bit = format == kQ5_0 || format == kQ5_1;
  to.put_f16(0, from);
  if (has_minimum) to.put_negative_f16(32, from + 2);  // GGUF adds it, the products subtract it
  from += has_minimum ? 4 : 2;
  const int codes = has_minimum ? 64 : 32;
  if (has_fifth_bit) {
    to.put_quad(codes + 256, 0, gathered_fifth_bits(word(from)));
    from += 4;
  }
  for (int i = 0; i < 4; i++) to.put_quad(codes, i, word(from + 4 * i));
}

void pack_q8_0(const uint8_t* from, const Target& to) {
  to.put_f16(0, from);
  for (int i = 0; i < kQuads; i++) to.put_quad(32, i, word(from + 2 + 4 * i) ^ 0x80808080u);
}

// The scales of the 8 groups, then their minimums, from the 12 bytes of Q4_K and Q5_K.
void unpack_six_bits(const uint8_t* from, uint8_t (&values)[2][8]) {
  for (int j = 0; j < 4; j++) {
    values[0][j] = from[j] & 63;
    values[1][j] = from[4 + j] & 63;
    values[0][4 + j] = static_cast<uint8_t>((from[8 + j] & 15) | from[j] >> 6 << 4);
    values[1][4 + j] = static_cast<uint8_t>(from[8 + j] >> 4 | from[4 + j] >> 6 << 4);
  }
}

void pack_six_bits(const uint8_t* from, uint8_t* to, int row) {
  uint8_t values[2][8];
  unpack_six_bits(from, values);
  for (int which = 0; which < 2; which++) {
    const uint8_t* v = values[which];
    uint8_t *lower = to + 16 * which + row, *upper = lower + 128;
    for (int j = 0; j < 4; j++)
      lower[32 * j] = static_cast<uint8_t>((v[j] & 15) | (v[4 + j] & 15) << 4);
    for (int j = 0; j < 2; j++)
      upper[32 * j] = static_cast<uint8_t>(v[j] >> 4 | v[2 + j] >> 4 << 2 | v[4 + j] >> 4 << 4 |
                                           v[6 + j] >> 4 << 6);
  }
}

// Number 32 * group + 16 * (0: scale, 1: minimum) + row; see format.h.
uint8_t six_bits_at(const uint8_t* scales, int at) {
  const int lower = scales[at % 128] >> 4 * (at / 128) & 15;
  return static_cast<uint8_t>(lower | (scales[128 + at % 64] >> 2 * (at / 64) & 3) << 4);
}

void pack_super(const uint8_t* from, int32_t format, const Target& to) {
  const bool has_fifth_bit = format == kQ5_K;
  to.put_f16(0, from);
  to.put_f16(32, from + 2);
  pack_six_bits(from + 4, to.unit + 64, to.row);
  const uint8_t* fifth_bits = from + 16;
  const uint8_t* halves = from + (has_fifth_bit ? 48 : 16);
  const int group_bytes = has_fifth_bit ? 320 : 256;
  for (int group = 0; group < 8; group++) {
    const uint8_t* of_two = halves + 32 * (group / 2);
    const int shift = 4 * (group % 2);
    const int codes = kSuperHeader + group_bytes * group;
    for (int i = 0; i < 4; i++)
      to.put_quad(codes, i,
                  (word(of_two + 4 * i) >> shift & kLowHalves) |
                      (word(of_two + 16 + 4 * i) >> shift & kLowHalves) << 4);
    if (!has_fifth_bit) continue;
    uint32_t packed = 0;
    for (int i = 0; i < kQuads; i++) packed |= (word(fifth_bits + 4 * i) >> group & kOnes) << i;
    to.put_quad(codes + 256, 0, packed);
  }
}

void pack_q6_k(const uint8_t* from, const Target& to) {
  to.put_f16(0, from + 208);
  for (int group = 0; group < 8; group++) {
    for (int half = 0; half < 2; half++)
      to.unit[32 + 32 * group + 16 * half + to.row] = from[192 + 2 * group + half];
    const uint8_t* lower = from + 64 * (group / 4) + 32 * (group % 2);
    const uint8_t* upper = from + 128 + 32 * (group / 4);
    const int shift = group % 4 < 2 ? 0 : 4, upper_shift = 2 * (group % 4);
    const int codes = 32 + 16 * 16 + 384 * group;
    for (int i = 0; i < 4; i++)
      to.put_quad(codes, i,
                  (word(lower + 4 * i) >> shift & kLowHalves) |
                      (word(lower + 16 + 4 * i) >> shift & kLowHalves) << 4);
    for (int i = 0; i < 2; i++) {
      uint32_t packed = 0;
      for (int j = 0; j < 4; j++)
        packed |= (word(upper + 16 * i + 4 * j) >> upper_shift & 0x03030303u) << (2 * j);
      to.put_quad(codes + 256, i, packed);
    }
  }
}

void pack_unit(const uint8_t* from, int32_t format, const Target& to) {
  switch (format) {
    case kQ8_0: return pack_q8_0(from, to);
    case kQ4_K:
    case kQ5_K: return pack_super(from, format, to);
    case kQ6_K: return pack_q6_k(from, to);
    default: return pack_simple(from, format, to);
  }
}

void pack_dense_row(const uint8_t* from, int32_t format, int columns, uint8_t* block, int row) {
  const int bytes = source_block(format).bytes;
  for (int column = 0; column < columns; column++)
    memcpy(block + (static_cast<size_t>(column) * kBlockRows + row) * bytes,
           from + static_cast<size_t>(column) * bytes, bytes);
}

float from_f16(const uint8_t* p) {
#if defined(__FLT16_MAX__) || defined(__aarch64__)
  _Float16 value;
  memcpy(&value, p, 2);
  return static_cast<float>(value);
#else
  uint16_t bits;
  memcpy(&bits, p, 2);
  const uint32_t sign = (bits & 0x8000u) << 16;
  const uint32_t rest = bits & 0x7fffu;
  uint32_t value = rest << 13;
  if (rest >= 0x7c00u) {
    value += (255u - 31u) << 23;  // infinity, or no number
  } else if (rest >= 0x0400u) {
    value += (127u - 15u) << 23;
  } else {
    const float small = static_cast<float>(rest) * 0x1p-24f;
    memcpy(&value, &small, 4);
  }
  value |= sign;
  float result;
  memcpy(&result, &value, 4);
  return result;
#endif
}

// The code of one column, from a packed unit with one row: the inverse of the functions above.
int code_at(const uint8_t* codes, int bits, int column) {
  const int quad = column / 4, byte = column % 4;
  if (bits == 8) return codes[64 * quad + byte];
  const int half = codes[64 * (quad % 4) + byte];
  int code = quad < 4 ? half & 15 : half >> 4;
  if (bits == 5) code |= (codes[256 + byte] >> quad & 1) << 4;
  if (bits == 6) code |= (codes[256 + 64 * (quad / 4) + byte] >> 2 * (quad % 4) & 3) << 4;
  return code;
}

struct Layout {
  int bits;
  int header;       // bytes before the codes
  int group_bytes;  // from one group's codes to the next
};

constexpr Layout layout_of(int32_t format) {
  switch (format) {
    case kQ4_0: return {4, 32, 0};
    case kQ4_1: return {4, 64, 0};
    case kQ5_0: return {5, 32, 0};
    case kQ5_1: return {5, 64, 0};
    case kQ8_0: return {8, 32, 0};
    case kQ4_K: return {4, kSuperHeader, 256};
    case kQ5_K: return {5, kSuperHeader, 320};
    default: return {6, 32 + 16 * 16, 384};
  }
}

float dequantized(const uint8_t* unit, int32_t format, int column) {
  const Layout layout = layout_of(format);
  const int group = column / kGroup;
  const uint8_t* codes = unit + layout.header + layout.group_bytes * group;
  const int code = code_at(codes, layout.bits, column % kGroup);
  const float d = from_f16(unit);
  switch (format) {
    case kQ4_1:
    case kQ5_1: return d * static_cast<float>(code) - from_f16(unit + 32);
    case kQ4_K:
    case kQ5_K: {
      const float scale = d * six_bits_at(unit + 64, 32 * group);
      const float minimum = from_f16(unit + 32) * six_bits_at(unit + 64, 32 * group + 16);
      return scale * static_cast<float>(code) - minimum;
    }
    case kQ6_K: {
      const int half = column % kGroup / 16;
      const auto scale = static_cast<int8_t>(unit[32 + 32 * group + 16 * half]);
      return d * static_cast<float>(scale) * static_cast<float>(code - 32);
    }
    default: return d * static_cast<float>(code - (1 << (layout.bits - 1)));
  }
}

}  // namespace

size_t source_row_bytes(int32_t format, int columns) {
  const SourceBlock block = source_block(format);
  return static_cast<size_t>(columns / block.columns) * block.bytes;
}

void pack_pair(const uint8_t* source, const Matrix& shape, int pair, uint8_t* to) {
  const size_t row_bytes = source_row_bytes(shape.format, shape.columns);
  const size_t block_bytes = shape.block_bytes();
  const UnitSize unit = unit_size(shape.format);
  const SourceBlock block = source_block(shape.format);
  const int first = pair * kGroup;
  const bool is_filled = first + kGroup <= shape.rows && shape.columns % kGroup == 0;
  if (!is_filled) memset(to, 0, 2 * block_bytes);
  for (int row = first; row < shape.rows && row < first + kGroup; row++) {
    const uint8_t* from = source + static_cast<size_t>(row) * row_bytes;
    uint8_t* rows = to + block_bytes * ((row - first) / kBlockRows);
    const int lane = row % kBlockRows;
    if (is_dense(shape.format)) {
      pack_dense_row(from, shape.format, shape.columns, rows, lane);
      continue;
    }
    for (int column = 0; column < shape.columns; column += unit.columns) {
      pack_unit(from, shape.format, {rows, lane});
      from += block.bytes;
      rows += unit.bytes;
    }
  }
}

void dequantize_row(const uint8_t* source, int32_t format, int columns, float* to) {
  const SourceBlock block = source_block(format);
  if (is_dense(format)) {
    for (int column = 0; column < columns; column++, source += block.bytes) {
      if (format == kF16) {
        to[column] = from_f16(source);
      } else {  // BF16 is the upper half of a float32
        uint8_t bytes[4] = {};
        memcpy(bytes + 4 - block.bytes, source, block.bytes);
        memcpy(to + column, bytes, 4);
      }
    }
    return;
  }
  uint8_t unit[unit_size(kQ6_K).bytes];  // the largest
  for (int start = 0; start < columns; start += block.columns, source += block.bytes) {
    pack_unit(source, format, {unit, 0});
    for (int column = 0; column < block.columns; column++)
      to[start + column] = dequantized(unit, format, column);
  }
}

}  // namespace eremo
