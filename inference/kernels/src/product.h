// Products of packed matrices with the activations of one token or of many.
//
// A token's result is the same, to the bit, whatever other tokens are computed with it: every sum
// runs over the groups in their order, in the same operations.
#pragma once

namespace eremo::EREMO_LEVEL {

constexpr int kPanelTokens = 20 * kTileTokens;  // their sums stay in the first-level cache

// sums[t][r] += weights of panel r times the activations of token t, for one group.
template <class Packed, int kTokens, int kRows>
EREMO_INLINE void add_group(const typename Packed::Panel (&panels)[kRows], const Encoded* x,
                            F32 (&sums)[kTokens][kRows]) {
  using Sum = Dot<Packed::kCodeBits>;
  if constexpr (!Packed::Panel::kIsPaired) {
    Sum dots[kTokens][kRows];
    for (int t = 0; t < kTokens; t++)
      for (int r = 0; r < kRows; r++) dots[t][r] = Sum::none();
    EREMO_UNROLL
    for (int i = 0; i < kQuads; i++)
      for (int t = 0; t < kTokens; t++) {
        const I32 quad = broadcast_quad(x[t].codes + 4 * i);
        for (int r = 0; r < kRows; r++) dots[t][r].add(panels[r].codes[i], quad, i);
      }
    for (int t = 0; t < kTokens; t++)
      for (int r = 0; r < kRows; r++) {
        const F32 scaled = to_float(dots[t][r].sum()) * set1(x[t].scale);
        sums[t][r] = fma(scaled, panels[r].scale, sums[t][r]);
        sums[t][r] = fnma(set1(x[t].scaled_sum), panels[r].minimum, sums[t][r]);
      }
  } else {
    F32 both[kTokens][kRows];
    for (int half = 0; half < 2; half++) {
      Sum dots[kTokens][kRows];
      for (int t = 0; t < kTokens; t++)
        for (int r = 0; r < kRows; r++) dots[t][r] = Sum::from(x[t].offsets[half]);
      EREMO_UNROLL
      for (int i = 0; i < kQuads / 2; i++)
        for (int t = 0; t < kTokens; t++) {
          const I32 quad = broadcast_quad(x[t].codes + 16 * half + 4 * i);
          for (int r = 0; r < kRows; r++) dots[t][r].add(panels[r].codes[4 * half + i], quad, i);
        }
      for (int t = 0; t < kTokens; t++)
        for (int r = 0; r < kRows; r++) {
          const F32 dot = to_float(dots[t][r].sum());
          both[t][r] = half == 0 ? dot * panels[r].scales[0]
                                 : fma(dot, panels[r].scales[1], both[t][r]);
        }
    }
    for (int t = 0; t < kTokens; t++)
      for (int r = 0; r < kRows; r++)
        sums[t][r] = fma(both[t][r], set1(x[t].scale), sums[t][r]);
  }
}

template <int kBytes>
EREMO_INLINE void prefetch_lines(const uint8_t* from) {
  EREMO_UNROLL
  for (int at = 0; at < kBytes; at += 64) prefetch(from + at);
}

// One token, one block of 16 rows: bound by the memory that the weights come from.
template <class Packed>
void block_times_token(const uint8_t* block, int groups, const Encoded* x, float* y) {
  // Whole lines for each group, and what is over for the unit.
  constexpr int kGroupBytes = Packed::kUnitBytes / Packed::kGroups / 64 * 64;
  constexpr int kRestBytes = Packed::kUnitBytes - Packed::kGroups * kGroupBytes;
  F32 sums[kParts][1][1];
  for (int part = 0; part < kParts; part++) sums[part][0][0] = zero();
  for (int first = 0; first < groups; first += Packed::kGroups, block += Packed::kUnitBytes) {
    typename Packed::Unit unit;
    unit.open(block);
    const uint8_t* ahead = block + kPrefetchBytes;
    prefetch_lines<kRestBytes>(ahead);
    EREMO_ROLL
    for (int group = 0; group < Packed::kGroups; group++) {
      prefetch_lines<kGroupBytes>(ahead + kRestBytes + group * kGroupBytes);
      EREMO_UNROLL
      for (int part = 0; part < kParts; part++) {
        const typename Packed::Panel panels[1] = {Packed::unpack(unit, group, part)};
        add_group<Packed, 1, 1>(panels, x + first + group, sums[part]);
      }
    }
  }
  for (int part = 0; part < kParts; part++) store(y + part * kLanes, sums[part][0][0]);
}

// kTokens tokens whose sums so far lie in memory, [token][row].
template <class Packed, int kTokens, int kRows>
EREMO_INLINE void add_tile(const typename Packed::Panel (&panels)[kRows], const Encoded* x,
                           float* sums_at) {
  F32 sums[kTokens][kRows];
  for (int t = 0; t < kTokens; t++)
    for (int r = 0; r < kRows; r++) sums[t][r] = load(sums_at + (t * kRows + r) * kLanes);
  add_group<Packed, kTokens, kRows>(panels, x, sums);
  for (int t = 0; t < kTokens; t++)
    for (int r = 0; r < kRows; r++) store(sums_at + (t * kRows + r) * kLanes, sums[t][r]);
}

template <class Packed, int kTokens, int kRows>
EREMO_INLINE void add_rest(const typename Packed::Panel (&panels)[kRows], const Encoded* x,
                           int tokens, float* sums) {
  if constexpr (kTokens > 0) {
    if (tokens == kTokens)
      add_tile<Packed, kTokens, kRows>(panels, x, sums);
    else
      add_rest<Packed, kTokens - 1, kRows>(panels, x, tokens, sums);
  }
}

// Many tokens, kTileParts * kLanes rows: a group's weights are unpacked once for a panel of tokens.
// first_part: where in the pair of blocks the rows begin, in vectors.
template <class Packed>
void parts_times_tokens(const uint8_t* pair, size_t block_bytes, int groups, int first_part,
                        const Encoded* x, int tokens, float* y) {
  constexpr int kRows = kTileParts;
  alignas(64) float sums[kPanelTokens * kRows * kLanes];
  for (int begin = 0; begin < tokens; begin += kPanelTokens) {
    const int count = tokens - begin < kPanelTokens ? tokens - begin : kPanelTokens;
    memset(sums, 0, sizeof(float) * static_cast<size_t>(count) * kRows * kLanes);
    typename Packed::Unit units[kRows];
    for (int group = 0; group < groups; group++) {
      const int in_unit = group % Packed::kGroups;
      typename Packed::Panel panels[kRows];
      for (int r = 0; r < kRows; r++) {
        const int part = first_part + r;
        const uint8_t* block = pair + block_bytes * (part / kParts);
        const size_t unit = static_cast<size_t>(group / Packed::kGroups);
        if (in_unit == 0) units[r].open(block + Packed::kUnitBytes * unit);
        panels[r] = Packed::unpack(units[r], in_unit, part % kParts);
      }
      const Encoded* of_group = x + static_cast<size_t>(group) * tokens + begin;
      int t = 0;
      for (; t + kTileTokens <= count; t += kTileTokens)
        add_tile<Packed, kTileTokens, kRows>(panels, of_group + t, sums + t * kRows * kLanes);
      add_rest<Packed, kTileTokens - 1, kRows>(panels, of_group + t, count - t,
                                               sums + t * kRows * kLanes);
    }
    for (int t = 0; t < count; t++)
      for (int r = 0; r < kRows; r++)
        store(y + (begin + t) * kGroup + (first_part + r) * kLanes,
              load(sums + (t * kRows + r) * kLanes));
  }
}

template <class Packed>
void quantized_product(const uint8_t* pair, size_t block_bytes, int groups, const Inputs& x,
                       float* y) {
  if (x.tokens == 1) {
    for (int block = 0; block < 2; block++)
      block_times_token<Packed>(pair + block_bytes * block, groups, x.encoded,
                                y + kBlockRows * block);
    return;
  }
  for (int part = 0; part < 2 * kParts; part += kTileParts)
    parts_times_tokens<Packed>(pair, block_bytes, groups, part, x.encoded, x.tokens, y);
}

template <int32_t kFormat>
EREMO_INLINE F32 load_weights(const uint8_t* p) {
  return kFormat == kF32    ? load(reinterpret_cast<const float*>(p))
         : kFormat == kF16 ? load_f16(p)
                           : load_bf16(p);
}

// Unquantized weights: [column][row] in a block; float32 products and sums.
template <int32_t kFormat, int kTokens>
EREMO_INLINE void dense_tile(const uint8_t* part, int groups, const float* x, int tokens,
                             float* y) {
  constexpr int kBytes = kFormat == kF32 ? 4 : 2;
  F32 sums[kTokens];
  for (int t = 0; t < kTokens; t++) sums[t] = zero();
  for (int group = 0; group < groups; group++, x += static_cast<size_t>(tokens) * kGroup)
    for (int k = 0; k < kGroup; k++, part += kBlockRows * kBytes) {
      const F32 weights = load_weights<kFormat>(part);
      for (int t = 0; t < kTokens; t++) sums[t] = fma(weights, set1(x[t * kGroup + k]), sums[t]);
    }
  for (int t = 0; t < kTokens; t++) store(y + t * kGroup, sums[t]);
}

template <int32_t kFormat>
void dense_product(const uint8_t* pair, size_t block_bytes, int groups, const Inputs& x, float* y) {
  constexpr int kBytes = kFormat == kF32 ? 4 : 2;
  constexpr int kTokens = 8;
  for (int part = 0; part < 2 * kParts; part++) {
    const uint8_t* rows = pair + block_bytes * (part / kParts) + part % kParts * kLanes * kBytes;
    float* to = y + part * kLanes;
    int t = 0;
    for (; t + kTokens <= x.tokens; t += kTokens)
      dense_tile<kFormat, kTokens>(rows, groups, x.dense + t * kGroup, x.tokens, to + t * kGroup);
    for (; t < x.tokens; t++)
      dense_tile<kFormat, 1>(rows, groups, x.dense + t * kGroup, x.tokens, to + t * kGroup);
  }
}

// y, (tokens, 32), of rows 32 pair to 32 pair + 31.
void product(const Matrix& w, int pair, const Inputs& x, float* y) {
  const size_t bytes = w.block_bytes();
  const uint8_t* data = w.pair(pair);
  const int groups = w.groups();
  switch (w.format) {
    case kF32: return dense_product<kF32>(data, bytes, groups, x, y);
    case kF16: return dense_product<kF16>(data, bytes, groups, x, y);
    case kBF16: return dense_product<kBF16>(data, bytes, groups, x, y);
    case kQ4_0: return quantized_product<PackedQ4_0>(data, bytes, groups, x, y);
    case kQ4_1: return quantized_product<PackedQ4_1>(data, bytes, groups, x, y);
    case kQ5_0: return quantized_product<PackedQ5_0>(data, bytes, groups, x, y);
    case kQ5_1: return quantized_product<PackedQ5_1>(data, bytes, groups, x, y);
    case kQ8_0: return quantized_product<PackedQ8_0>(data, bytes, groups, x, y);
    case kQ4_K: return quantized_product<PackedQ4_K>(data, bytes, groups, x, y);
    case kQ5_K: return quantized_product<PackedQ5_K>(data, bytes, groups, x, y);
    case kQ6_K: return quantized_product<PackedQ6_K>(data, bytes, groups, x, y);
    default: return;
  }
}

}  // namespace eremo::EREMO_LEVEL
