// Functions of whole vectors. Errors are relative, against float64, over all finite arguments whose
// result is an ordinary number; what is no number stays none.
// Coefficients: minimax fits made for this file, in the order of their powers.
#pragma once

namespace eremo::EREMO_LEVEL {

constexpr float kLog2E = 1.44269504088896341f;

// 2^x within 2e-7; 0, or something below 1e-37, for x under -126.
EREMO_INLINE F32 exp2(F32 x) {
  const F32 whole = round(x);
  const F32 rest = x - whole;  // -0.5 to 0.5
  F32 power = set1(0.00132764668f);
  power = fma(power, rest, set1(0.00967554129f));
  power = fma(power, rest, set1(0.0555071329f));
  power = fma(power, rest, set1(0.240221197f));
  power = fma(power, rest, set1(0.693146967f));
  power = fma(power, rest, set1(1.00000007f));
  return times_power_of_2(power, whole);
}

// x / (1 + e^-x) within 4e-7.
EREMO_INLINE F32 silu(F32 x) {
  // Beyond 2^120 the quotient is 0 in any case, and infinity has no rest.
  const F32 exponent = min(set1(120.0f), max(set1(-120.0f), x * set1(-kLog2E)));
  return x / (set1(1.0f) + exp2(exponent));
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) within 4e-7.
EREMO_INLINE F32 softplus(F32 x) {
  const F32 y = exp2(max(set1(-126.0f), abs(x) * set1(-kLog2E)));  // 0 to 1
  F32 quotient = set1(0.00523262407f);                             // log(1 + y) / y
  quotient = fma(quotient, y, set1(-0.0295049575f));
  quotient = fma(quotient, y, set1(0.0782254938f));
  quotient = fma(quotient, y, set1(-0.136632069f));
  quotient = fma(quotient, y, set1(0.191059885f));
  quotient = fma(quotient, y, set1(-0.248429775f));
  quotient = fma(quotient, y, set1(0.333190962f));
  quotient = fma(quotient, y, set1(-0.499994931f));
  quotient = fma(quotient, y, set1(0.99999997f));
  return fma(quotient, y, max(zero(), x));
}

}  // namespace eremo::EREMO_LEVEL
