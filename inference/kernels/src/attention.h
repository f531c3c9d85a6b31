// Causal attention over keys and values in fp16, without ever holding the matrix of all scores.
//
// A block of 64 keys and values at a time, with the softmax kept up as the blocks go by. A row is
// one query of one head. Scores are in powers of two: the queries come multiplied by log2(e) too.
// A row's result is the same, to the bit, whatever other rows are computed with it.
// Source: Dao et al., "FlashAttention", 2022, algorithm 1.
#pragma once

namespace eremo::EREMO_LEVEL {

constexpr int kMicroRows = 4;
constexpr int kMicroVectors = kLanes == 8 ? 2 : 4;
constexpr float kFarBelow = -1e30f;  // what a score can't be; not infinity, which has no difference

template <int kRows, int kVectors>
EREMO_INLINE void micro_product(const float* a, int a_step, const float* b, int b_step, int depth,
                                float* c, int c_step) {
  F32 sums[kRows][kVectors];
  for (int r = 0; r < kRows; r++)
    for (int v = 0; v < kVectors; v++) sums[r][v] = load(c + r * c_step + v * kLanes);
  for (int k = 0; k < depth; k++) {
    F32 columns[kVectors];
    for (int v = 0; v < kVectors; v++) columns[v] = load(b + k * b_step + v * kLanes);
    for (int r = 0; r < kRows; r++) {
      const F32 factor = set1(a[r * a_step + k]);
      for (int v = 0; v < kVectors; v++) sums[r][v] = fma(factor, columns[v], sums[r][v]);
    }
  }
  for (int r = 0; r < kRows; r++)
    for (int v = 0; v < kVectors; v++) store(c + r * c_step + v * kLanes, sums[r][v]);
}

// The rows that are left, fewer than kMicroRows.
template <int kRows, int kVectors>
EREMO_INLINE void micro_rest(int rows, const float* a, int a_step, const float* b, int b_step,
                             int depth, float* c, int c_step) {
  if constexpr (kRows > 0) {
    if (rows == kRows)
      micro_product<kRows, kVectors>(a, a_step, b, b_step, depth, c, c_step);
    else
      micro_rest<kRows - 1, kVectors>(rows, a, a_step, b, b_step, depth, c, c_step);
  }
}

// c += a b, of (rows, depth) and (depth, width); width is a multiple of kLanes.
EREMO_INLINE void add_product(const float* a, int a_step, const float* b, int b_step, int rows,
                              int depth, int width, float* c, int c_step) {
  int column = 0;
  for (; column + kMicroVectors * kLanes <= width; column += kMicroVectors * kLanes) {
    int row = 0;
    for (; row + kMicroRows <= rows; row += kMicroRows)
      micro_product<kMicroRows, kMicroVectors>(a + row * a_step, a_step, b + column, b_step, depth,
                                               c + row * c_step + column, c_step);
    micro_rest<kMicroRows - 1, kMicroVectors>(rows - row, a + row * a_step, a_step, b + column,
                                              b_step, depth, c + row * c_step + column, c_step);
  }
  for (; column < width; column += kLanes)
    for (int row = 0; row < rows; row++)
      micro_product<1, 1>(a + row * a_step, a_step, b + column, b_step, depth,
                          c + row * c_step + column, c_step);
}

// fp16 as float32, followed by zeros up to `width`.
EREMO_INLINE void widen(const uint16_t* from, int size, int width, float* to) {
  int i = 0;
  for (; i + kLanes <= size; i += kLanes) store(to + i, load_f16(from + i));
  if (i < size) {
    uint16_t rest[kLanes] = {};
    memcpy(rest, from + i, static_cast<size_t>(size - i) * sizeof(uint16_t));
    store(to + i, load_f16(rest));
    i += kLanes;
  }
  for (; i < width; i += kLanes) store(to + i, zero());
}

EREMO_INLINE void scale(float* values, int size, F32 factor) {
  for (int i = 0; i < size; i += kLanes) store(values + i, load(values + i) * factor);
}

// 2^x of one number, as vectors compute it.
EREMO_INLINE float exp2_of(float x) {
  alignas(64) float lanes[kLanes];
  store(lanes, exp2(set1(x)));
  return lanes[0];
}

// Turns a row's scores into weights and takes them into its peak and total; its sum of values is
// made ready for them.
// visible: how many of the block's tokens the row may look at.
EREMO_INLINE void soften(float* scores, int visible, int width, const AttentionSums& to) {
  if (visible == 0) {
    memset(scores, 0, sizeof(float) * kBlockTokens);
    return;
  }
  for (int t = visible; t < kBlockTokens; t++) scores[t] = kFarBelow;
  F32 tops = set1(*to.peaks);
  for (int t = 0; t < kBlockTokens; t += kLanes) tops = max(tops, load(scores + t));
  const float peak = largest(tops);
  F32 added = zero();
  for (int t = 0; t < kBlockTokens; t += kLanes) {
    const F32 weights = exp2(load(scores + t) - set1(peak));
    store(scores + t, weights);
    added = added + weights;
  }
  for (int t = visible; t < kBlockTokens; t++) scores[t] = 0.0f;  // exactly
  if (peak != *to.peaks) {
    const float shrink = exp2_of(*to.peaks - peak);
    *to.totals *= shrink;
    scale(to.values, width, set1(shrink));
    *to.peaks = peak;
  }
  *to.totals += sum(added);
}

// What all rows make of the tokens from `begin` to `end`, which are of one part.
// keys: (blocks, head_dim, 64); values: (tokens, head_dim). block: (64, width) floats of scratch.
void attend(const AttentionRows& rows, const uint16_t* keys, const uint16_t* values, int head_dim,
            int64_t begin, int64_t end, float* block, const AttentionSums& to) {
  const int width = rows.width;
  for (int r = 0; r < rows.count; r++) {
    to.peaks[r] = kFarBelow;
    to.totals[r] = 0.0f;
  }
  memset(to.values, 0, sizeof(float) * static_cast<size_t>(rows.count) * width);
  for (int64_t at = begin; at < end; at += kBlockTokens) {
    const int count = end - at < kBlockTokens ? static_cast<int>(end - at) : kBlockTokens;
    const int key_values = head_dim * kBlockTokens;
    widen(keys + at * head_dim, key_values, key_values, block);
    memset(rows.scores, 0, sizeof(float) * static_cast<size_t>(rows.count) * kBlockTokens);
    add_product(rows.queries, width, block, kBlockTokens, rows.count, head_dim, kBlockTokens,
                rows.scores, kBlockTokens);
    for (int r = 0; r < rows.count; r++) {
      const int64_t ahead = rows.limits[r] - at;
      const int visible = ahead <= 0 ? 0 : ahead < count ? static_cast<int>(ahead) : count;
      soften(rows.scores + r * kBlockTokens, visible, width, to.from(r, width));
    }
    for (int t = 0; t < count; t++)
      widen(values + (at + t) * head_dim, head_dim, width, block + t * width);
    add_product(rows.scores, kBlockTokens, block, width, rows.count, count, width, to.values,
                width);
  }
}

// Takes what rows have made of a part into what they have made of the parts before it.
void merge(const AttentionSums& part, int rows, int width, const AttentionSums& to) {
  for (int r = 0; r < rows; r++) {
    const AttentionSums from = part.from(r, width), into = to.from(r, width);
    float share = 1.0f;
    if (*from.peaks > *into.peaks) {
      const float shrink = exp2_of(*into.peaks - *from.peaks);
      *into.totals *= shrink;
      scale(into.values, width, set1(shrink));
      *into.peaks = *from.peaks;
    } else {
      share = exp2_of(*from.peaks - *into.peaks);
    }
    *into.totals += share * *from.totals;
    for (int i = 0; i < width; i += kLanes)
      store(into.values + i, fma(set1(share), load(from.values + i), load(into.values + i)));
  }
}

// (size,) float32 to fp16, each within its rounding.
void narrow(const float* from, int size, uint16_t* to) {
  int i = 0;
  for (; i + kLanes <= size; i += kLanes) store_f16(to + i, load(from + i));
  if (i == size) return;
  uint16_t rest[kLanes];
  store_f16(rest, load_first(from + i, size - i));
  memcpy(to + i, rest, static_cast<size_t>(size - i) * sizeof(uint16_t));
}

}  // namespace eremo::EREMO_LEVEL
