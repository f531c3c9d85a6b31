// What the groups of checks share. They know the library by its plain C interface alone.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "../src/eremo.h"
#include "../src/level.h"

namespace selftest {

// The same numbers on every system. Source: Steele et al., "Fast splittable pseudorandom number
// generators", 2014 (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
  }
  float normal() {  // nearly
    double sum = -6.0;
    for (int i = 0; i < 12; i++) sum += uniform(0.0, 1.0);
    return static_cast<float>(sum);
  }

 private:
  uint64_t state_;
};

// Memory as the engine wants it, exactly as long as it says, so that a sanitizer sees every step
// beyond it; no byte of it is 0.
class Aligned {
 public:
  explicit Aligned(size_t size_bytes)
      : data_(static_cast<uint8_t*>(::operator new(size_bytes, std::align_val_t(64)))) {
    for (size_t i = 0; i < size_bytes; i++) data_.get()[i] = 0xa5;
  }
  uint8_t* data() const { return data_.get(); }

 private:
  struct Delete {
    void operator()(uint8_t* data) const { ::operator delete(data, std::align_val_t(64)); }
  };
  std::unique_ptr<uint8_t, Delete> data_;
};

struct Close {
  void operator()(EremoEngine* engine) const { eremo_close(engine); }
};
using Engine = std::unique_ptr<EremoEngine, Close>;

// One level with one thread and with three: what they compute must be equal to the bit.
struct Engines {
  explicit Engines(const char* level) : one(eremo_open(level, 1)), three(eremo_open(level, 3)) {}
  Engine one, three;
};

// What a group of checks found. It goes on after a failure.
class Result {
 public:
  // difference <= allowed; what is no number fails.
  void within(double difference, double allowed) {
    const double share = difference / allowed;
    if (!(share <= 1.0)) is_right_ = false;
    if (!(share <= worst_)) worst_ = share;
  }
  void that(bool holds) { is_right_ &= holds; }
  bool is_right() const { return is_right_; }
  double worst() const { return worst_; }  // of all differences, as a share of what is allowed

 private:
  bool is_right_ = true;
  double worst_ = 0.0;
};

// Prints a line; false: the group failed.
bool print(const char* level, const char* group, const Result& result);

// Both print a line for each group of checks, and return how many have failed.
int check_products(const char* level, const Engines& engines);
int check_layers(const char* level, const Engines& engines);

}  // namespace selftest
