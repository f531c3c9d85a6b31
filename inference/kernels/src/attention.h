// Causal attention over keys and values in fp16, without ever holding the matrix of all scores.
//
// A block of 64 keys and values at a time, with the softmax kept up as the blocks go by. A row is
// one query of one head. Scores are in powers of two: the queries come multiplied by log2(e) too.
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

// c += a b, of (rows, depth) and (depth, width); width is a multiple of kLanes.
EREMO_INLINE void add_product(const float* a, int a_step, const float* b, int b_step, int rows,
                              int depth, int width, float* c, int c_step) {
  int column = 0;
  for (; column + kMicroVectors * kLanes <= width; column += kMicroVectors * kLanes) {
    int row = 0;
    for (; row + kMicroRows <= rows; row += kMicroRows)
      micro_product<kMicroRows, kMicroVectors>(a + row * a_step, a_step, b + column, b_step, depth,
                                               c + row * c_step + column, c_step);
    for (; row < rows; row++)
      micro_product<1, kMicroVectors>(a + row * a_step, a_step, b + column, b_step, depth,
                                      c + row * c_step + column, c_step);
  }
  for (; column < width; column += kLanes)
    for (int row = 0; row < rows; row++)
      micro_product<1, 1>(a + row * a_step, a_step, b + column, b_step, depth,
                          c + row * c_step + column, c_step);
}

// A row of fp16 as float32, followed by zeros up to `width`.
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

EREMO_INLINE float dot(const float* a, const float* b, int size) {
  F32 products = zero();
  for (int i = 0; i < size; i += kLanes) products = fma(load(a + i), load(b + i), products);
  return sum(products);
}

// The scores of all rows with one block of keys, (rows, 64).
EREMO_INLINE void score(const AttentionRows& rows, const float* keys, float* turned) {
  const int width = rows.width;
  if (rows.count < kMinRowsToTurn) {
    for (int r = 0; r < rows.count; r++)
      for (int t = 0; t < kBlockTokens; t++)
        rows.scores[r * kBlockTokens + t] = dot(rows.queries + r * width, keys + t * width, width);
    return;
  }
  for (int t = 0; t < kBlockTokens; t++)
    for (int i = 0; i < width; i++) turned[i * kBlockTokens + t] = keys[t * width + i];
  memset(rows.scores, 0, sizeof(float) * static_cast<size_t>(rows.count) * kBlockTokens);
  add_product(rows.queries, width, turned, kBlockTokens, rows.count, width, kBlockTokens,
              rows.scores, kBlockTokens);
}

// Turns one row's scores into weights and takes them into its peak, total and sums.
// visible: how many of the block's tokens the row may look at.
EREMO_INLINE void soften(const AttentionRows& rows, int row, int visible) {
  float* scores = rows.scores + row * kBlockTokens;
  if (visible == 0) {
    memset(scores, 0, sizeof(float) * kBlockTokens);
    return;
  }
  for (int t = visible; t < kBlockTokens; t++) scores[t] = kFarBelow;
  F32 tops = set1(rows.peaks[row]);
  for (int t = 0; t < kBlockTokens; t += kLanes) tops = max(tops, load(scores + t));
  const float peak = largest(tops);
  F32 added = zero();
  for (int t = 0; t < kBlockTokens; t += kLanes) {
    const F32 weights = exp2(load(scores + t) - set1(peak));
    store(scores + t, weights);
    added = fma(weights, set1(1.0f), added);
  }
  for (int t = visible; t < kBlockTokens; t++) scores[t] = 0.0f;  // exactly
  if (peak != rows.peaks[row]) {
    alignas(64) float shrink[kLanes];
    store(shrink, exp2(set1(rows.peaks[row] - peak)));
    rows.totals[row] *= shrink[0];
    for (int i = 0; i < rows.width; i += kLanes)
      store(rows.sums + row * rows.width + i,
            load(rows.sums + row * rows.width + i) * set1(shrink[0]));
    rows.peaks[row] = peak;
  }
  rows.totals[row] += sum(added);
}

// Takes the tokens from `begin` to `end` into all rows. begin is a multiple of 64.
// scratch: (3, 64, width) floats.
void attend(const AttentionRows& rows, const uint16_t* keys, const uint16_t* values, int head_dim,
            int64_t begin, int64_t end, float* scratch) {
  const int width = rows.width;
  float* block = scratch;
  float* turned = scratch + kBlockTokens * width;
  for (int64_t at = begin; at < end; at += kBlockTokens) {
    const int count = end - at < kBlockTokens ? static_cast<int>(end - at) : kBlockTokens;
    for (int t = 0; t < count; t++)
      widen(keys + (at + t) * head_dim, head_dim, width, block + t * width);
    memset(block + count * width, 0, sizeof(float) * (kBlockTokens - count) * width);
    score(rows, block, turned);
    for (int r = 0; r < rows.count; r++) {
      const int64_t ahead = rows.limits[r] - at;
      soften(rows, r, ahead <= 0 ? 0 : ahead < count ? static_cast<int>(ahead) : count);
    }
    for (int t = 0; t < count; t++)
      widen(values + (at + t) * head_dim, head_dim, width, block + t * width);
    add_product(rows.scores, kBlockTokens, block, width, rows.count, count, width, rows.sums,
                width);
  }
}

// One row's parts, computed over different tokens, become its result.
// peaks, totals: one a part; sums: (parts, width), `step` floats apart; y: (size,)
void join(const float* peaks, const float* totals, const float* sums, size_t step, int parts,
          int part_step, int size, float* y) {
  float peak = kFarBelow;
  for (int p = 0; p < parts; p++) peak = peaks[p * part_step] > peak ? peaks[p * part_step] : peak;
  float total = 0.0f;
  for (int i = 0; i < size; i++) y[i] = 0.0f;
  for (int p = 0; p < parts; p++) {
    alignas(64) float shrink[kLanes];
    store(shrink, exp2(set1(peaks[p * part_step] - peak)));
    total += shrink[0] * totals[p * part_step];
    for (int i = 0; i < size; i++) y[i] += shrink[0] * sums[p * step + i];
  }
  for (int i = 0; i < size; i++) y[i] /= total;
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
