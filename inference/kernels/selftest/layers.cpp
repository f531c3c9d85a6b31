// Whole layers through eremo_forward, read in pieces, against plain loops over doubles.
//
// The matrices are float32, so that nothing is rounded but keys and values (to fp16, in the loops
// too). The oracles go token by token; letters as in inference/torch_backend.
#include <algorithm>
#include <cmath>
#include <utility>

#include "selftest.h"

namespace selftest {
namespace {

using Vector = std::vector<double>;
using Floats = std::vector<float>;

constexpr int kVocab = 37;
constexpr float kEps = 1e-6f;

int padded(int size) { return eremo::groups_of(size) * eremo::kGroup; }

double silu(double x) { return x / (1 + std::exp(-x)); }

double to_fp16(double x) {
  int exponent;
  std::frexp(x, &exponent);
  const double step = std::ldexp(1.0, std::max(exponent, -13) - 11);
  return std::nearbyint(x / step) * step;
}

Vector norm(const double* x, const Floats& weight) {
  double squares = 0.0;
  const size_t size = weight.size();
  for (size_t i = 0; i < size; i++) squares += x[i] * x[i];
  Vector y(size);
  for (size_t i = 0; i < size; i++) y[i] = x[i] / std::sqrt(squares / size + kEps) * weight[i];
  return y;
}

void softmax(double* scores, size_t count) {
  const double top = *std::max_element(scores, scores + count);
  double total = 0.0;
  for (size_t i = 0; i < count; i++) total += scores[i] = std::exp(scores[i] - top);
  for (size_t i = 0; i < count; i++) scores[i] /= total;
}

// `size` numbers, followed by zeros up to a multiple of 32 where they are channels.
Floats random_floats(int size, double low, double high, Random& random, bool are_channels = false) {
  Floats values(are_channels ? padded(size) : size);
  for (int i = 0; i < size; i++) values[i] = static_cast<float>(random.uniform(low, high));
  return values;
}

// Where number n of channel i lies among `count` numbers of each, by groups of 32 channels.
size_t in_groups(int count, int n, int i) {
  const size_t group = i / eremo::kGroup;
  return (group * count + n) * eremo::kGroup + i % eremo::kGroup;
}

// `count` numbers of each channel, 0 beyond the last channel.
Floats random_groups(int channels, int count, double low, double high, Random& random) {
  Floats values(static_cast<size_t>(padded(channels)) * count);
  for (int n = 0; n < count; n++)
    for (int i = 0; i < channels; i++)
      values[in_groups(count, n, i)] = static_cast<float>(random.uniform(low, high));
  return values;
}

// A float32 matrix, packed for the engine and plain for the oracle.
class Dense {
 public:
  Dense(EremoEngine* engine, int rows, int columns, Random& random, double size = 1.7)
      : columns_(columns),
        values_(random_floats(rows * columns, -size / std::sqrt(columns), size / std::sqrt(columns),
                              random)),
        memory_(eremo_packed_bytes(eremo::kF32, rows, columns)),
        matrix{memory_.data(), eremo_packed_bytes(eremo::kF32, 1, columns), eremo::kF32, rows,
               columns} {
    eremo_pack(engine, reinterpret_cast<const uint8_t*>(values_.data()), -1, 0, eremo::kF32, rows,
               columns, memory_.data(), matrix.step);
  }
  Vector times(const Vector& x) const {
    Vector y(matrix.rows);
    for (int row = 0; row < matrix.rows; row++)
      for (int i = 0; i < columns_; i++) y[row] += values_[row * columns_ + i] * x[i];
    return y;
  }

 private:
  int columns_;
  Floats values_;
  Aligned memory_;

 public:
  const EremoMatrix matrix;
};

// The memory of one layer's state, and the engine's view of it.
struct State {
  State(size_t conv, size_t ssm, size_t cache, int64_t capacity)
      : conv(conv), ssm(ssm), keys(cache), values(cache),
        view{this->conv.data(), this->ssm.data(), keys.data(), values.data(), capacity} {}
  bool equals(const State& other) const {
    return conv == other.conv && ssm == other.ssm && keys == other.keys && values == other.values;
  }
  Floats conv, ssm;
  std::vector<uint16_t> keys, values;
  EremoState view;
};

// What differs from layer to layer: its mixer, with the oracle's own state.
class Mixer {
 public:
  virtual ~Mixer() = default;
  virtual void enter(EremoLayer* layer) const = 0;
  virtual State new_state(int num_tokens) const = 0;
  virtual Vector step(const Vector& u) = 0;  // the next token
  virtual int rotary_dims() const { return 0; }
};

class Mamba : public Mixer {
 public:
  Mamba(EremoEngine* engine, int hidden, int d_inner, int d_state, int d_conv, int dt_rank,
        Random& random)
      : in_x_(engine, d_inner, hidden, random), in_z_(engine, d_inner, hidden, random),
        x_(engine, dt_rank + 2 * d_state, d_inner, random),
        dt_(engine, d_inner, dt_rank, random), out_(engine, hidden, d_inner, random),
        conv_bias_(random_floats(d_inner, -1, 1, random, true)),
        dt_norm_(random_floats(dt_rank, 0.5, 1.5, random)),
        b_norm_(random_floats(d_state, 0.5, 1.5, random)),
        c_norm_(random_floats(d_state, 0.5, 1.5, random)),
        dt_bias_(random_floats(d_inner, -5, 2, random, true)),
        direct_(random_floats(d_inner, -1, 1, random, true)),
        view_{in_x_.matrix, in_z_.matrix, x_.matrix, dt_.matrix, out_.matrix, nullptr,
              conv_bias_.data(), dt_norm_.data(), b_norm_.data(), c_norm_.data(), dt_bias_.data(),
              nullptr, direct_.data(), d_inner, d_state, d_conv, dt_rank},
        seen_(d_conv, Vector(d_inner)), h_(d_state, Vector(d_inner)) {
    taps_ = random_groups(d_inner, d_conv, -1, 1, random);
    rates_ = random_groups(d_inner, d_state, -8, -0.1, random);
    view_.taps = taps_.data();
    view_.rates = rates_.data();
  }

  void enter(EremoLayer* layer) const override { layer->mamba = &view_; }
  State new_state(int) const override {
    const size_t channels = padded(view_.d_inner);
    return {(view_.d_conv - 1) * channels, view_.d_state * channels, 0, 0};
  }

  Vector step(const Vector& input) override {
    const int rank = view_.dt_rank;
    seen_.erase(seen_.begin());
    seen_.push_back(in_x_.times(input));
    Vector u(view_.d_inner), y(view_.d_inner);
    for (int i = 0; i < view_.d_inner; i++) {
      double sum = conv_bias_[i];
      for (int k = 0; k < view_.d_conv; k++)
        sum += seen_[k][i] * taps_[in_groups(view_.d_conv, k, i)];
      u[i] = silu(sum);
    }
    const Vector parts = x_.times(u), z = in_z_.times(input);
    const Vector b = norm(&parts[rank], b_norm_), c = norm(&parts[rank + view_.d_state], c_norm_);
    const Vector raw = dt_.times(norm(parts.data(), dt_norm_));
    for (int i = 0; i < view_.d_inner; i++) {
      const double dt = std::log1p(std::exp(raw[i] + dt_bias_[i]));
      y[i] = direct_[i] * u[i];
      for (int n = 0; n < view_.d_state; n++) {
        const double decay = std::exp2(dt * rates_[in_groups(view_.d_state, n, i)]);
        h_[n][i] = decay * h_[n][i] + dt * u[i] * b[n];
        y[i] += h_[n][i] * c[n];
      }
      y[i] *= silu(z[i]);
    }
    return out_.times(y);
  }

 private:
  static void append(Floats* to, const Floats& row) {
    to->insert(to->end(), row.begin(), row.end());
  }

  Dense in_x_, in_z_, x_, dt_, out_;
  Floats taps_, conv_bias_, dt_norm_, b_norm_, c_norm_, dt_bias_, rates_, direct_;
  EremoMamba view_;
  std::vector<Vector> seen_, h_;
};

double angle(int position, int pair) { return position * std::pow(100.0, -0.2 * pair); }

class Attention : public Mixer {
 public:
  Attention(EremoEngine* engine, int hidden, int num_heads, int num_kv_heads, int head_dim,
            int rotary_dims, Random& random)
      : q_(engine, num_heads * head_dim, hidden, random, 3.0),
        k_(engine, num_kv_heads * head_dim, hidden, random, 3.0),
        v_(engine, num_kv_heads * head_dim, hidden, random),
        o_(engine, hidden, num_heads * head_dim, random),
        view_{q_.matrix, k_.matrix, v_.matrix, o_.matrix,
              num_heads, num_kv_heads, head_dim, rotary_dims} {}

  void enter(EremoLayer* layer) const override { layer->attention = &view_; }
  State new_state(int num_tokens) const override {
    const int64_t capacity = (num_tokens / eremo::kBlockTokens + 1) * eremo::kBlockTokens;
    return {0, 0, static_cast<size_t>(view_.num_kv_heads * view_.head_dim * capacity), capacity};
  }
  int rotary_dims() const override { return view_.rotary_dims; }

  Vector step(const Vector& u) override {
    const int d = view_.head_dim, shared = view_.num_heads / view_.num_kv_heads;
    const Vector q = rotated(q_.times(u));
    keys_.push_back(rotated(k_.times(u)));
    values_.push_back(v_.times(u));
    for (double& key : keys_.back()) key = to_fp16(key);
    for (double& value : values_.back()) value = to_fp16(value);
    Vector y(q.size()), scores(keys_.size());
    for (int head = 0; head < view_.num_heads; head++) {
      const int from = head / shared * d;
      for (size_t t = 0; t < keys_.size(); t++) {
        double dot = 0.0;
        for (int i = 0; i < d; i++) dot += q[head * d + i] * keys_[t][from + i];
        scores[t] = dot / std::sqrt(d);
      }
      softmax(scores.data(), scores.size());
      for (size_t t = 0; t < keys_.size(); t++)
        for (int i = 0; i < d; i++) y[head * d + i] += scores[t] * values_[t][from + i];
    }
    return o_.times(y);
  }

 private:
  // Interleaved pairs of the first dimensions of every head.
  Vector rotated(Vector x) const {
    const auto position = static_cast<int>(values_.size());
    for (size_t head = 0; head < x.size(); head += view_.head_dim)
      for (int i = 0; i < view_.rotary_dims; i += 2) {
        const double a = angle(position, i / 2), even = x[head + i], odd = x[head + i + 1];
        x[head + i] = even * std::cos(a) - odd * std::sin(a);
        x[head + i + 1] = even * std::sin(a) + odd * std::cos(a);
      }
    return x;
  }

  Dense q_, k_, v_, o_;
  EremoAttention view_;
  std::vector<Vector> keys_, values_;
};

// One SwiGLU, or a mixture of several.
class FeedForward {
 public:
  FeedForward(EremoEngine* engine, int hidden, int inner, int num_experts, int num_used,
              Random& random)
      : router_(engine, num_experts, hidden, random), num_used_(num_used) {
    parts_.reserve(3 * num_experts);
    for (int i = 0; i < num_experts; i++) {
      parts_.emplace_back(engine, inner, hidden, random);
      parts_.emplace_back(engine, inner, hidden, random);
      parts_.emplace_back(engine, hidden, inner, random);
      const Dense* of_expert = &parts_[3 * i];
      experts_.push_back({of_expert[0].matrix, of_expert[1].matrix, of_expert[2].matrix});
    }
  }

  EremoFfn view() const {
    const auto count = static_cast<int32_t>(experts_.size());
    return {count > 1 ? router_.matrix : EremoMatrix{}, experts_.data(), count, num_used_};
  }

  Vector step(const Vector& x) const {
    if (experts_.size() == 1) return swiglu(0, x);
    Vector shares = router_.times(x), y(x.size());
    softmax(shares.data(), shares.size());
    std::vector<int> order(shares.size());
    for (size_t i = 0; i < order.size(); i++) order[i] = static_cast<int>(i);
    std::sort(order.begin(), order.end(), [&](int a, int b) { return shares[a] > shares[b]; });
    for (int rank = 0; rank < num_used_; rank++) {
      const Vector part = swiglu(order[rank], x);
      for (size_t i = 0; i < x.size(); i++) y[i] += shares[order[rank]] * part[i];
    }
    return y;
  }

 private:
  Vector swiglu(int expert, const Vector& x) const {
    Vector gate = parts_[3 * expert].times(x), up = parts_[3 * expert + 1].times(x);
    for (size_t i = 0; i < gate.size(); i++) gate[i] = silu(gate[i]) * up[i];
    return parts_[3 * expert + 2].times(gate);
  }

  Dense router_;
  int num_used_;
  std::vector<Dense> parts_;  // gate, up and down of every expert
  std::vector<EremoExpert> experts_;
};

// The same tokens through both engines and the oracle, in pieces of these lengths.
Result check_layer(const Engines& engines, Mixer& mixer, const FeedForward& ffn, int hidden,
                   const std::vector<int>& pieces, double tolerance, Random& random) {
  const Floats mixer_norm = random_floats(hidden, 0.5, 1.5, random);
  const Floats ffn_norm = random_floats(hidden, 0.5, 1.5, random);
  EremoLayer layer = {mixer_norm.data(), ffn_norm.data(), nullptr, nullptr, ffn.view()};
  mixer.enter(&layer);
  const Dense head(engines.one.get(), kVocab, hidden, random);
  const EremoModel model = {&layer, mixer_norm.data(), head.matrix, 1, hidden, kEps};

  int num_tokens = 0;
  for (const int piece : pieces) num_tokens += piece;
  State one = mixer.new_state(num_tokens), three = mixer.new_state(num_tokens);
  Result result;
  int64_t start = 0;
  for (const int piece : pieces) {
    Floats x(static_cast<size_t>(piece) * hidden), cosines, sines;
    for (float& value : x) value = random.normal();
    for (int t = 0; t < piece; t++)
      for (int i = 0; i < mixer.rotary_dims() / 2; i++) {
        const double a = angle(static_cast<int>(start) + t, i);
        cosines.push_back(static_cast<float>(std::cos(a)));
        sines.push_back(static_cast<float>(std::sin(a)));
      }
    Floats y = x, again = x, logits(kVocab), logits_again(kVocab);
    const auto forward = [&](const Engine& engine, State& state, Floats& to, Floats& scores) {
      result.that(eremo_forward(engine.get(), &model, &state.view, to.data(), piece, start,
                                cosines.data(), sines.data(), scores.data()) == 0);
    };
    forward(engines.one, one, y, logits);
    forward(engines.three, three, again, logits_again);
    result.that(y == again && logits == logits_again && one.equals(three));
    start += piece;

    Vector exact(hidden);
    for (int t = 0; t < piece; t++) {
      exact.assign(&x[t * hidden], &x[t * hidden] + hidden);
      const Vector mixed = mixer.step(norm(exact.data(), mixer_norm));
      for (int i = 0; i < hidden; i++) exact[i] += mixed[i];
      const Vector fed = ffn.step(norm(exact.data(), ffn_norm));
      for (int i = 0; i < hidden; i++) {
        exact[i] += fed[i];
        result.within(std::fabs(y[t * hidden + i] - exact[i]), tolerance);
      }
    }
    const Vector exact_logits = head.times(norm(exact.data(), mixer_norm));
    for (int i = 0; i < kVocab; i++)
      result.within(std::fabs(logits[i] - exact_logits[i]), tolerance);
  }
  return result;
}

}  // namespace

int check_layers(const char* level, const Engines& engines) {
  EremoEngine* engine = engines.three.get();
  constexpr int kHidden = 39, kInner = 70;
  constexpr double kFloat = 2e-4, kFp16 = 5e-3;  // of what is about 1
  Random random(20);
  const FeedForward dense(engine, kHidden, kInner, 1, 1, random);
  const FeedForward mixture(engine, kHidden, kInner, 5, 2, random);
  int num_failed = 0;
  const auto check = [&](const char* name, Mixer&& mixer, const FeedForward& ffn,
                         const std::vector<int>& pieces, double tolerance) {
    num_failed += !print(level, name,
                         check_layer(engines, mixer, ffn, kHidden, pieces, tolerance, random));
  };
  check("Mamba, 16 states", Mamba(engine, kHidden, 300, 16, 4, 7, random), dense,
        {1, 2, 70, 1, 5}, kFloat);
  check("Mamba, 5 states, mixture of experts", Mamba(engine, kHidden, 45, 5, 3, 2, random), mixture,
        {33, 1, 1, 12}, kFloat);
  check("attention", Attention(engine, kHidden, 6, 1, 20, 0, random), dense,
        {1, 3, 530, 1, 4, 2, 40, 5}, kFp16);
  check("attention, rotary, 2 KV heads, mixture", Attention(engine, kHidden, 6, 2, 16, 10, random),
        mixture, {3, 130, 2, 400, 1, 1, 60}, kFp16);

  Result read;
  const Aligned memory(1 << 20);
  read.that(eremo_read(engine, memory.data(), 1 << 20) > 0.0);
  num_failed += !print(level, "reading memory", read);
  return num_failed;
}

}  // namespace selftest
