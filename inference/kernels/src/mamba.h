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

// One token and one state of kLanes channels.
EREMO_INLINE void step(F32 dt, F32 written, F32 rate, float b, float c, F32* state, F32* y) {
  *state = fma(*state, exp2(dt * rate), written * set1(b));
  *y = fma(*state, set1(c), *y);
}

// kLanes channels: the states stay in registers, or in the first-level cache, for all tokens.
// kStates: d_state where it is known in advance, else 0.
template <int kStates>
EREMO_INLINE void scan_channels(const ScanArguments& s, int lane) {
  const int d_state = kStates ? kStates : s.d_state;
  F32 rates[kStates ? kStates : kMaxStates], states[kStates ? kStates : kMaxStates];
  for (int n = 0; n < d_state; n++) {
    rates[n] = load(s.rates + n * kGroup + lane);
    states[n] = load(s.state + n * kGroup + lane);
  }
  const F32 bias = load(s.dt_bias + lane), direct = load(s.direct + lane);
  for (int t = 0; t < s.tokens; t++) {
    const int at = t * kGroup + lane;
    const float* b = s.b + static_cast<size_t>(t) * s.bc_step;
    const float* c = s.c + static_cast<size_t>(t) * s.bc_step;
    const F32 dt = softplus(load(s.dt + at) + bias), u = load(s.u + at);
    const F32 written = dt * u;
    F32 y = direct * u;
    if constexpr (kStates > 0) {
      EREMO_UNROLL
      for (int n = 0; n < kStates; n++) step(dt, written, rates[n], b[n], c[n], &states[n], &y);
    } else {
      for (int n = 0; n < d_state; n++) step(dt, written, rates[n], b[n], c[n], &states[n], &y);
    }
    store(s.y + at, y * silu(load(s.z + at)));
  }
  for (int n = 0; n < d_state; n++) store(s.state + n * kGroup + lane, states[n]);
}

void scan(const ScanArguments& s) {
  for (int lane = 0; lane < kGroup; lane += kLanes) {
    if (s.d_state == 16)
      scan_channels<16>(s, lane);
    else
      scan_channels<0>(s, lane);
  }
}

}  // namespace eremo::EREMO_LEVEL
