// How matrices and activations lie in memory. Knows no arithmetic.
//
// A matrix is cut into blocks of 16 rows, each block into groups of 32 columns. In a block the
// rows are interleaved: four columns of one row are one 32-bit word, and the words of the 16 rows
// follow each other, so that a vector holds the same columns of as many rows as it has lanes.
// One packed matrix serves every CPU level.
//
// A quad is 4 columns; a group has 8 of them. The codes of a group, for 16 rows:
//     4 bits    4 x 64 bytes: the low half of each byte is of quad i, the high half of quad 4 + i
//     + 1 bit   64 bytes: bit i of a byte is the fifth bit of quad i
//     + 2 bits  2 x 64 bytes: bits 2j and 2j + 1 of vector i are the upper ones of quad 4i + j
//     8 bits    8 x 64 bytes: quad i; 128 above its value
//
// The 256 scales and minimums of a unit of Q4_K or Q5_K are 4 x 64 numbers of 6 bits: 2 x 64 bytes
// hold the lower four bits of numbers i and 128 + i in the halves of byte i, 64 bytes the upper two
// of number 64 j + i in bits 2j and 2j + 1 of byte i.
//
// Rows are filled up with zeros to a multiple of 32; so are the columns of unquantized matrices.
//
// Two blocks are a pair, which is multiplied as one. Matrices of as many rows that are multiplied by
// the same activations may lie in one piece of memory by turns, a pair of each after the other: what
// is read once is read fastest from end to end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eremo {

constexpr int kBlockRows = 16;
constexpr int kGroup = 32;  // columns of a group; also the rows of a pair of blocks
constexpr int kQuads = 8;

// GGUF's numbers of its types.
enum Format : int32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

constexpr int kSuperHeader = 64 + 128 + 64;  // of Q4_K and Q5_K: what lies before the codes

// What a block of 16 rows holds of one unit of columns.
struct UnitSize {
  int columns;  // 0: the format isn't known
  int bytes;
};

constexpr UnitSize unit_size(int32_t format) {
  switch (format) {
    case kF32: return {kGroup, 16 * 32 * 4};
    case kF16: return {kGroup, 16 * 32 * 2};
    case kBF16: return {kGroup, 16 * 32 * 2};
    case kQ4_0: return {32, 32 + 256};                                    // d, codes
    case kQ4_1: return {32, 64 + 256};                                    // d, m, codes
    case kQ5_0: return {32, 32 + 256 + 64};                               // d, codes
    case kQ5_1: return {32, 64 + 256 + 64};                               // d, m, codes
    case kQ8_0: return {32, 32 + 512};                                    // d, codes
    case kQ4_K: return {256, kSuperHeader + 8 * 256};                     // d, dmin, scales, codes
    case kQ5_K: return {256, kSuperHeader + 8 * (256 + 64)};              // as Q4_K
    case kQ6_K: return {256, 32 + 16 * 16 + 8 * (256 + 128)};             // d, scales, codes
    default: return {0, 0};
  }
}

constexpr bool is_dense(int32_t format) {
  return format == kF32 || format == kF16 || format == kBF16;
}

constexpr int groups_of(int columns) { return (columns + kGroup - 1) / kGroup; }

// W of (rows, columns), packed. step: bytes from the beginning of one pair to that of the next.
struct Matrix {
  const uint8_t* data;
  int64_t step;
  int32_t format;
  int32_t rows;
  int32_t columns;

  int groups() const { return groups_of(columns); }
  int pairs() const { return groups_of(rows); }  // of blocks
  size_t block_bytes() const {
    const UnitSize unit = unit_size(format);
    return static_cast<size_t>(groups() * kGroup / unit.columns) * unit.bytes;
  }
  const uint8_t* pair(int index) const { return data + step * index; }
};

// One token's 32 activations for quantized matrices: x[k] = scale * codes[k].
struct Encoded {
  int8_t codes[kGroup];
  float scale;
  float scaled_sum;     // scale * sum of the codes
  int32_t offsets[2];   // -32 * sum of the codes, of each half
};

// The activations of all tokens, [group][token]: `encoded` for quantized matrices, `dense`
// (32 floats each) for the others. What no consumer needs is null.
struct Inputs {
  Encoded* encoded;
  float* dense;
  int tokens;
};

}  // namespace eremo
