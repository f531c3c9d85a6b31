// What is done with a whole row of activations: norm, encoding for a product.
#pragma once

namespace eremo::EREMO_LEVEL {

// What a core reads while the memory answers. Best of 1,024 to 24,576 on a Zen 5 that reads 45 to
// 75 GB/s with two cores; without it they read 35.
constexpr int kPrefetchBytes = 6144;

// y = x / sqrt(mean(x^2) + eps) * weight
void rms_norm(const float* x, const float* weight, float eps, int size, float* y) {
  F32 squares = zero();
  int i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const F32 values = load(x + i);
    squares = fma(values, values, squares);
  }
  const int rest = size - i;
  if (rest) {
    const F32 values = load_first(x + i, rest);
    squares = fma(values, values, squares);
  }
  const float mean = sum(squares) / static_cast<float>(size);
  const F32 factor = set1(1.0f / __builtin_sqrtf(mean + eps));
  for (i = 0; i + kLanes <= size; i += kLanes)
    store(y + i, load(x + i) * factor * load(weight + i));
  if (rest)
    store_first(y + i, load_first(x + i, rest) * factor * load_first(weight + i, rest), rest);
}

// 32 values as 8-bit codes with one scale: half a step of largest / 127 off at most.
// A value that isn't finite makes the scale no number, and so every product with it.
EREMO_INLINE void encode_group(const float* x, Encoded* to) {
  constexpr int kVectors = kGroup / kLanes;
  F32 values[kVectors], peak = zero(), poison = zero();
  for (int i = 0; i < kVectors; i++) {
    values[i] = load(x + i * kLanes);
    peak = max(peak, abs(values[i]));
    poison = fma(values[i], zero(), poison);  // 0, or NaN
  }
  const float top = largest(peak);
  // Below this the quotient overflows; such values count as 0.
  const F32 inverse = set1(top > 1e-36f ? 127.0f / top : 0.0f);
  I32 codes[kVectors];
  uint32_t half_sums[2] = {0, 0};  // what isn't finite has codes whose sums may wrap around
  for (int i = 0; i < kVectors; i++) {
    codes[i] = to_int(values[i] * inverse);
    store_as_i8(to->codes + i * kLanes, codes[i]);
    half_sums[i * kLanes / (kGroup / 2)] += static_cast<uint32_t>(sum_i32(codes[i]));
  }
  to->scale = top * (1.0f / 127.0f) + sum(poison);
  const auto code_sum = static_cast<int32_t>(half_sums[0] + half_sums[1]);
  to->scaled_sum = to->scale * static_cast<float>(code_sum);
  to->offsets[0] = static_cast<int32_t>(-32u * half_sums[0]);
  to->offsets[1] = static_cast<int32_t>(-32u * half_sums[1]);
}

// One group of one token, for those consumers that there are.
EREMO_INLINE void put_group(const float* x, const Inputs& to, int group, int token) {
  const size_t at = static_cast<size_t>(group) * to.tokens + token;
  if (to.encoded) encode_group(x, to.encoded + at);
  if (to.dense) memcpy(to.dense + at * kGroup, x, kGroup * sizeof(float));
}

// A whole row, followed by zeros up to a multiple of 32.
void put_row(const float* x, int groups, const Inputs& to, int token) {
  for (int group = 0; group < groups; group++) put_group(x + group * kGroup, to, group, token);
}

// One group of all tokens, (tokens, 32).
void put_column(const float* x, const Inputs& to, int group) {
  for (int token = 0; token < to.tokens; token++)
    put_group(x + token * kGroup, to, group, token);
}

// gate = silu(gate) * up
void gate(float* gate, const float* up, int size) {
  for (int i = 0; i < size; i += kLanes) store(gate + i, silu(load(gate + i)) * load(up + i));
}

// Reads every byte once; what is returned depends on them.
uint32_t read(const uint8_t* data, size_t size_bytes) {
  I32 mixed = set1_i32(0);
  for (size_t at = 0; at + 256 <= size_bytes; at += 256) {
    for (size_t line = 0; line < 256; line += 64) prefetch(data + at + line + kPrefetchBytes);
    for (size_t i = 0; i < 256; i += sizeof(I32)) mixed = bit_xor(mixed, load_bytes(data + at + i));
  }
  return static_cast<uint32_t>(sum_i32(mixed));
}

}  // namespace eremo::EREMO_LEVEL
