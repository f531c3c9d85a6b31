// The functions that exist once for each CPU level, and what they are given.
#pragma once

#include "format.h"

#define EREMO_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define EREMO_UNROLL _Pragma("clang loop unroll(full)")
#define EREMO_ROLL _Pragma("clang loop unroll(disable)")
#else
#define EREMO_UNROLL _Pragma("GCC unroll 16")
#define EREMO_ROLL _Pragma("GCC unroll 1")
#endif

namespace eremo {

constexpr int kLineFloats = 64 / sizeof(float);  // of a cache's line
constexpr int kMaxStepRank = 2048;  // dt_rank
constexpr int kBlockTokens = 64;  // keys and values that attention takes at a time
constexpr int kPartTokens = 512;  // of which attention makes one sum, before the sums are merged

// u = silu of 32 channels, each convolved by its own taps.
struct ConvArguments {
  const float* seen;  // (d_conv - 1 + tokens, 32): the inputs, with those before them
  const float* taps;  // (d_conv, 32); the last is for the current token
  const float* bias;  // (32,)
  float* u;           // (tokens, 32)
  int d_conv, tokens;
};

// The selective scan of 32 channels, from the raw step size to the gated result.
struct ScanArguments {
  const float* dt;       // (tokens, 32), before bias and softplus
  const float* dt_bias;  // (32,)
  const float* u;        // (tokens, 32)
  const float* z;        // (tokens, 32)
  const float* b;        // (tokens, d_state), rows bc_step apart
  const float* c;
  const float* rates;   // log2(e) A, (d_state, 32)
  const float* direct;  // D, (32,)
  float* state;         // h, (d_state, 32); advanced in place
  float* y;             // (tokens, 32); may be dt
  int bc_step, d_state, tokens;
};

// What attention has made of some tokens, for some rows.
struct AttentionSums {
  float* peaks;   // (rows,): the highest score
  float* totals;  // (rows,): the sum of the weights
  float* values;  // (rows, width): the weighted sum of the values

  AttentionSums from(size_t row, int width) const {
    return {peaks + row, totals + row, values + row * static_cast<size_t>(width)};
  }
};

// Queries that look at the same keys.
struct AttentionRows {
  int count;
  int width;              // head_dim, rounded up to a multiple of 16
  const float* queries;   // (count, width), times head_dim^-0.5 log2(e); 0 beyond head_dim
  const int64_t* limits;  // (count,): tokens that each row may look at
  float* scores;          // (count, 64): scratch
};

struct Level {
  const char* name;
  void (*product)(const Matrix& w, int pair, const Inputs& x, float* y);
  void (*rms_norm)(const float* x, const float* weight, float eps, int size, float* y);
  void (*put_row)(const float* x, int groups, const Inputs& to, int token);
  void (*put_column)(const float* x, const Inputs& to, int group);
  void (*gate)(float* gate, const float* up, int size);
  void (*convolve)(const ConvArguments& c);
  void (*scan)(const ScanArguments& s);
  void (*attend)(const AttentionRows& rows, const uint16_t* keys, const uint16_t* values,
                 int head_dim, int64_t begin, int64_t end, float* block, const AttentionSums& to);
  void (*merge)(const AttentionSums& part, int rows, int width, const AttentionSums& to);
  void (*narrow)(const float* from, int size, uint16_t* to);
  uint32_t (*read)(const uint8_t* data, size_t size_bytes);
};

}  // namespace eremo
