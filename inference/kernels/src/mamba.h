// Mamba's two recurrent parts, for 32 channels: the convolution and the selective scan.
// Letters: see inference/torch_backend/selective_scan.py.
#pragma once

namespace eremo::EREMO_LEVEL {

// kTaps: d_conv where it is known in advance, else 0.
template <int kTaps>
EREMO_INLINE void convolve_channels(const ConvArguments& c, int lane) {
  const int d_conv = kTaps ? kTaps : c.d_conv;
  const F32 bias = load(c.bias + lane);
  F32 taps[kTaps ? kTaps : 1];
  for (int k = 0; k < kTaps; k++) taps[k] = load(c.taps + k * kGroup + lane);
  for (int t = 0; t < c.tokens; t++) {
    F32 x = bias;
    for (int k = 0; k < d_conv; k++) {
      const F32 tap = kTaps ? taps[k] : load(c.taps + k * kGroup + lane);
      x = fma(load(c.seen + (t + k) * kGroup + lane), tap, x);
    }
    store(c.u + t * kGroup + lane, silu(x));
  }
}

void convolve(const ConvArguments& c) {
  for (int lane = 0; lane < kGroup; lane += kLanes) {
    if (c.d_conv == 4)
      convolve_channels<4>(c, lane);
    else
      convolve_channels<0>(c, lane);
  }
}

// One token of two vectors of channels: what the one waits for, the other computes.
// kStates: d_state where it is known in advance, else 0. kIsSingle: there is but one token, and the
// memory is what it waits for: what the next group will read is fetched line by line in between.
template <int kStates, bool kIsSingle>
EREMO_INLINE void scan_channels(const ScanArguments& s, int token, int first_lane) {
  constexpr int kVectors = 2;
  const int d_state = kStates ? kStates : s.d_state;
  const int at = token * kGroup + first_lane;
  const float* b = s.b + static_cast<size_t>(token) * s.bc_step;
  const float* c = s.c + static_cast<size_t>(token) * s.bc_step;
  F32 dt[kVectors], written[kVectors], y[kVectors];
  for (int v = 0; v < kVectors; v++) {
    const int lane = first_lane + v * kLanes;
    const F32 u = load(s.u + at + v * kLanes);
    dt[v] = softplus(load(s.dt + at + v * kLanes) + load(s.dt_bias + lane));
    written[v] = dt[v] * u;
    y[v] = load(s.direct + lane) * u;
  }
  const auto step = [&](int n) {
    for (int v = 0; v < kVectors; v++) {
      const int of_state = n * kGroup + first_lane + v * kLanes;
      if (kIsSingle && of_state % kLineFloats == 0) {
        prefetch(s.rates + d_state * kGroup + of_state);
        __builtin_prefetch(s.state + d_state * kGroup + of_state, 1);
      }
      const F32 decay = exp2(dt[v] * load(s.rates + of_state));
      const F32 state = fma(load(s.state + of_state), decay, written[v] * set1(b[n]));
      store(s.state + of_state, state);
      y[v] = fma(state, set1(c[n]), y[v]);
    }
  };
  if constexpr (kStates > 0) {
    EREMO_UNROLL
    for (int n = 0; n < kStates; n++) step(n);
  } else {
    for (int n = 0; n < d_state; n++) step(n);
  }
  for (int v = 0; v < kVectors; v++)
    store(s.y + at + v * kLanes, y[v] * silu(load(s.z + at + v * kLanes)));
}

template <int kStates, bool kIsSingle>
void scan_tokens(const ScanArguments& s) {
  for (int token = 0; token < s.tokens; token++)
    for (int lane = 0; lane < kGroup; lane += 2 * kLanes)
      scan_channels<kStates, kIsSingle>(s, token, lane);
}

void scan(const ScanArguments& s) {
  if (s.d_state == 16)
    s.tokens == 1 ? scan_tokens<16, true>(s) : scan_tokens<16, false>(s);
  else
    s.tokens == 1 ? scan_tokens<0, true>(s) : scan_tokens<0, false>(s);
}

}  // namespace eremo::EREMO_LEVEL
