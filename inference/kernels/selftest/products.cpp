// Products of every format, packed from random GGUF blocks, against sums of doubles.
//
// Quantized matrices take activations in 8 bits, a scale for each 32: an activation is off by half
// a step, 1/254 of the largest of its 32, at most. The weights are those of eremo_take_rows, which
// the tests in Python hold to the gguf package.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "selftest.h"

namespace selftest {
namespace {

constexpr double kFloatSteps = 2e-6;  // float32's rounding, of the sum of the absolute products

struct Type {
  const char* name;
  int32_t format;
  int block_columns, block_bytes;  // as GGUF stores it
  int factors[2];                  // where a block keeps its fp16 factors; -1: none
};

constexpr Type kTypes[] = {
    {"F32", eremo::kF32, 1, 4, {-1, -1}},          {"F16", eremo::kF16, 1, 2, {0, -1}},
    {"BF16", eremo::kBF16, 1, 2, {-1, -1}},        {"Q4_0", eremo::kQ4_0, 32, 18, {0, -1}},
    {"Q4_1", eremo::kQ4_1, 32, 20, {0, 2}},        {"Q5_0", eremo::kQ5_0, 32, 22, {0, -1}},
    {"Q5_1", eremo::kQ5_1, 32, 24, {0, 2}},        {"Q8_0", eremo::kQ8_0, 32, 34, {0, -1}},
    {"Q4_K", eremo::kQ4_K, 256, 144, {0, 2}},      {"Q5_K", eremo::kQ5_K, 256, 176, {0, 2}},
    {"Q6_K", eremo::kQ6_K, 256, 210, {208, -1}},
};

void put_u16(uint8_t* at, uint16_t bits) { memcpy(at, &bits, 2); }

// fp16 from 0.008 to 0.03, of either sign
uint16_t factor(Random& random) {
  const uint64_t bits = random.bits();
  return static_cast<uint16_t>((bits & 0x83ff) | (8 + (bits >> 20) % 2) << 10);
}

class Case {
 public:
  // fill: what all the codes are made of; -1: anything.
  Case(const Type& type, int rows, int columns, int fill, Random& random)
      : type_(type),
        rows_(rows),
        columns_(columns),
        blocks_(1 + static_cast<size_t>(rows) * columns / type.block_columns * type.block_bytes),
        weights_(static_cast<size_t>(rows) * columns) {
    for (size_t at = 1; at < blocks_.size(); at += type.block_bytes)
      fill_block(&blocks_[at], fill, random);
    std::vector<int32_t> every(rows);
    for (int row = 0; row < rows; row++) every[row] = row;
    eremo_take_rows(source(), type.format, columns, every.data(), rows, weights_.data());
  }

  // y of both engines, compared with each other and with the exact one.
  std::vector<float> check(const Engines& engines, const std::vector<float>& x, Result& result) {
    const auto tokens = static_cast<int>(x.size() / columns_);
    const std::vector<float> y = product(engines.one.get(), x, tokens, result);
    const std::vector<float> again = product(engines.three.get(), x, tokens, result);
    result.that(memcmp(y.data(), again.data(), y.size() * sizeof(float)) == 0);
    for (int token = 0; token < tokens; token++)
      check_token(&x[token * columns_], &y[token * rows_], result);
    return y;
  }

  int rows() const { return rows_; }

 private:
  const uint8_t* source() const { return blocks_.data() + 1; }  // at no even address

  void fill_block(uint8_t* block, int fill, Random& random) {
    if (type_.format == eremo::kF32) {
      const float value = 0.1f * random.normal();
      memcpy(block, &value, 4);
      return;
    }
    for (int i = 0; i < type_.block_bytes; i++)
      block[i] = static_cast<uint8_t>(fill < 0 ? random.bits() : fill);
    if (type_.format == eremo::kBF16) {  // 0.008 to 0.5, of either sign
      const uint64_t bits = random.bits();
      put_u16(block, static_cast<uint16_t>((bits & 0x807f) | (120 + (bits >> 20) % 6) << 7));
    }
    for (const int at : type_.factors)
      if (at >= 0) put_u16(block + at, factor(random));
  }

  std::vector<float> product(EremoEngine* engine, const std::vector<float>& x, int tokens,
                             Result& result) {
    const Aligned memory(eremo_packed_bytes(type_.format, rows_, columns_));
    const int64_t step = eremo_packed_bytes(type_.format, 1, columns_);
    eremo_pack(engine, source(), -1, 0, type_.format, rows_, columns_, memory.data(), step);
    const EremoMatrix matrix = {memory.data(), step, type_.format, rows_, columns_};
    std::vector<float> y(static_cast<size_t>(tokens) * rows_);
    result.that(eremo_linear(engine, &matrix, x.data(), tokens, y.data()) == 0);
    return y;
  }

  void check_token(const float* x, const float* y, Result& result) {
    std::vector<double> half_steps(columns_, 0.0);
    for (int first = 0; !is_dense() && first < columns_; first += 32) {
      double largest = 0.0;
      for (int i = 0; i < 32; i++) largest = std::fmax(largest, std::fabs(x[first + i]));
      for (int i = 0; i < 32; i++) half_steps[first + i] = largest / 254;
    }
    for (int row = 0; row < rows_; row++) {
      const float* w = &weights_[static_cast<size_t>(row) * columns_];
      double exact = 0.0, absolute = 0.0, rounded = 0.0;
      for (int i = 0; i < columns_; i++) {
        exact += static_cast<double>(w[i]) * x[i];
        absolute += std::fabs(static_cast<double>(w[i]) * x[i]);
        rounded += std::fabs(w[i]) * half_steps[i];
      }
      // Minimum and scale are multiplied by sums of codes that may be much larger than their
      // difference: the rounding of both is that of the larger part.
      result.within(std::fabs(y[row] - exact),
                    (1.0001 + 40 * kFloatSteps) * rounded + kFloatSteps * absolute + 1e-30);
    }
  }

  bool is_dense() const { return eremo::is_dense(type_.format); }

  const Type& type_;
  int rows_, columns_;
  std::vector<uint8_t> blocks_;  // from the second byte on
  std::vector<float> weights_;   // (rows, columns)
};

std::vector<float> random_rows(int tokens, int columns, Random& random) {
  std::vector<float> x(static_cast<size_t>(tokens) * columns);
  for (float& value : x) value = random.normal();
  return x;
}

void check_sizes(const Type& type, const Engines& engines, Random& random, Result& result) {
  for (const int rows : {5, 259}) {
    const int columns = type.block_columns == 1 ? 70 : type.block_columns == 32 ? 96 : 512;
    Case matrix(type, rows, columns, -1, random);
    for (const int tokens : {1, 2, 7, 33, 130}) {
      const std::vector<float> x = random_rows(tokens, columns, random);
      const std::vector<float> y = matrix.check(engines, x, result);
      // The last token by itself.
      const std::vector<float> last(x.end() - columns, x.end());
      const std::vector<float> alone = matrix.check(engines, last, result);
      result.that(memcmp(alone.data(), &y[y.size() - rows], rows * sizeof(float)) == 0);
    }
  }
}

// The extremes of all codes, which sums of 16 bits would not hold; huge and denormal activations.
void check_extremes(const Type& type, const Engines& engines, Random& random, Result& result) {
  for (const int fill : {0x00, 0xff, 0x7f, 0x80}) {
    Case matrix(type, 33, 256, fill, random);
    for (const float value : {127.0f, -127.0f})
      for (const int tokens : {1, 5})
        matrix.check(engines, std::vector<float>(tokens * 256, value), result);
  }
  Case matrix(type, 33, 256, -1, random);
  for (const float size : {1e20f, 1e-40f}) {
    std::vector<float> x = random_rows(5, 256, random);
    for (float& value : x) value *= size;
    matrix.check(engines, x, result);
  }
}

// What is no number reaches every result of its token, and no other token.
void check_no_numbers(const Type& type, const Engines& engines, Random& random, Result& result) {
  Case matrix(type, 20, 256, -1, random);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    std::vector<float> x(3 * 256, 1.0f);
    x[256 + 77] = bad;
    Result ignored;
    const std::vector<float> y = matrix.check(engines, x, ignored);
    for (int i = 0; i < 3 * matrix.rows(); i++)
      result.that(std::isfinite(y[i]) == (i / matrix.rows() != 1));
  }
}

}  // namespace

int check_products(const char* level, const Engines& engines) {
  int num_failed = 0;
  for (const Type& type : kTypes) {
    Random random(1 + type.format);
    Result result;
    check_sizes(type, engines, random, result);
    check_extremes(type, engines, random, result);
    check_no_numbers(type, engines, random, result);
    char group[32];
    snprintf(group, sizeof group, "products of %s", type.name);
    num_failed += !print(level, group, result);
  }
  return num_failed;
}

}  // namespace selftest
