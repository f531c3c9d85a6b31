// What the operators work with: a team, a level's functions, memory that is kept between calls.
#pragma once

#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <vector>

#include "eremo.h"
#include "level.h"
#include "team.h"

namespace eremo {

constexpr int kRunPairs = 64;

// Memory for one operator after the other. What is taken is laid out twice: first only measured,
// then given out, so that it never moves while it is used.
class Arena {
 public:
  Arena() = default;
  ~Arena() { ::operator delete(base_, kAlignment); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  template <class T>
  T* take(size_t count) {
    T* place = reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(base_) + used_);
    used_ += (count * sizeof(T) + kLine - 1) / kLine * kLine;
    if (used_ > needed_) needed_ = used_;
    return place;
  }
  void rewind() { used_ = 0; }
  // Whether all that was taken since the last growth fits.
  bool has_room() const { return needed_ <= capacity_; }
  // Makes room for all that was measured; pointers taken before are then void. False: no memory.
  bool settle() {
    rewind();
    if (has_room()) return true;
    ::operator delete(base_, kAlignment);
    base_ = ::operator new(needed_, kAlignment, std::nothrow);
    capacity_ = base_ ? needed_ : 0;
    return base_ != nullptr;
  }

 private:
  static constexpr size_t kLine = 64;
  static constexpr std::align_val_t kAlignment{64};
  void* base_ = nullptr;
  size_t used_ = 0, needed_ = 0, capacity_ = 0;
};

// Pairs of blocks that a thread takes at a time. A single token is bound by how fast its weights
// are read; for many tokens a pair is work enough.
inline int run_length(int tokens) { return tokens == 1 ? kRunPairs : 1; }

inline Matrix matrix_of(const EremoMatrix& m) {
  return {m.data, m.step, m.format, m.rows, m.columns};
}

// One call: the tokens that are read, and everything that is the same for all layers.
struct Call {
  const Level* level;
  Arena* arena;
  float* x;  // (tokens, hidden)
  int tokens, hidden, num_threads;
  float norm_eps;
  int64_t start;
  const float* cosines;
  const float* sines;

  // Before a phase that leaves the memory idle: what is multiplied after it. A single token waits
  // for its weights.
  void expect(Worker& worker, const EremoMatrix& next) const {
    if (tokens != 1) return;
    const Matrix w = matrix_of(next);
    worker.expect(w.pair(worker.first_of(w.pairs())));
  }
};

// Which forms of activations some matrices read.
struct Needs {
  bool encoded = false, dense = false;

  Needs() = default;
  Needs(std::initializer_list<const EremoMatrix*> consumers) {
    for (const EremoMatrix* matrix : consumers) add(*matrix);
  }
  void add(const EremoMatrix& matrix) {
    if (matrix.data) (is_dense(matrix.format) ? dense : encoded) = true;
  }
};

// Room for the activations that matrices of so many columns read.
Inputs take_inputs(const Call& call, int columns, const Needs& needs);

// One buffer for each thread.
class PerThread {
 public:
  PerThread(const Call& call, size_t size)
      : base_(call.arena->take<float>(call.num_threads * padded(size))), size_(padded(size)) {}
  float* of(const Worker& worker) const { return base_ + worker.index() * size_; }

 private:
  static size_t padded(size_t size) { return (size + 15) / 16 * 16; }
  float* base_;
  size_t size_;
};

// Norm of every row of the residual stream, for products.
class NormRun {
 public:
  NormRun(const Call& call, const float* weight, const Inputs& to);
  void run(Worker& worker) const;

 private:
  const Call& call_;
  const float* weight_;
  Inputs to_;
  PerThread row_;
};

// x += inputs W'
class ResidualRun {
 public:
  ResidualRun(const Call& call, const EremoMatrix& w, const Inputs& from);
  void run(Worker& worker) const;

 private:
  const Call& call_;
  Matrix w_;
  Inputs from_;
  PerThread column_;
};

// The scores of what may come after the last token.
class HeadRun {
 public:
  HeadRun(const Call& call, const EremoModel& model, float* logits);
  void run(Worker& worker) const;

 private:
  const Call last_;  // of that token alone
  const EremoMatrix& head_;
  float* logits_;
  Inputs in_;
  NormRun norm_;
  PerThread column_;
};

// x += mixer(norm(x)), with Mamba as the mixer.
class MambaRun {
 public:
  MambaRun(const Call& call, const EremoMamba& layer, const float* norm, const EremoState& state);
  void run(Worker& worker) const;

 private:
  void project_in(int group, float* buffer) const;
  void normalize_step(int token) const;
  void scan(int group, float* buffer) const;
  void prefetch_convolution(int group) const;

  const Call& call_;
  const EremoMamba& layer_;
  EremoState state_;
  int groups_, parts_step_;
  Inputs in_, u_inputs_, dt_inputs_, y_inputs_;
  float *u_, *z_;  // (groups, tokens, 32)
  float* parts_;   // (tokens, dt_rank + 2 d_state), rows parts_step_ apart
  PerThread buffers_;
  NormRun norm_;
  ResidualRun out_;
};

// x += mixer(norm(x)), with attention as the mixer.
class AttentionRun {
 public:
  AttentionRun(const Call& call, const EremoAttention& layer, const float* norm,
               const EremoState& state);
  void run(Worker& worker) const;

 private:
  void project(int item, float* buffer) const;
  void place(float* from, int which, int token, int first_row, int rows) const;
  void keep(const uint16_t* values, int which, int head, int token, int first, int count) const;
  AttentionRows rows_in(float* buffer, int kv_head, int first, int count, float** behind) const;
  void attend_part(const AttentionRows& rows, int kv_head, int part, float* block,
                   const AttentionSums& to) const;
  void attend_tile(int item, float* buffer) const;
  void attend_one_part(int item, float* buffer) const;
  AttentionSums sums_of(int kv_head, int part) const;
  void join(int item) const;
  void finish(const AttentionSums& row_sums, int kv_head, int row) const;

  const Call& call_;
  const EremoAttention& layer_;
  EremoState state_;
  int heads_of_kv_, width_;
  int tile_tokens_, num_tiles_;
  int num_parts_;  // of the tokens; 0: every tile goes over all of them
  Inputs in_, y_inputs_;
  float* queries_;  // (num_kv_heads, tokens, heads of one, width)
  float* y_;        // (tokens, num_heads head_dim), rows y_step_ apart
  int y_step_;
  AttentionSums part_sums_;  // (num_kv_heads, parts, rows)
  PerThread buffers_;
  NormRun norm_;
  ResidualRun out_;
};

// x += ffn(norm(x)): dense, or a mixture of experts.
class FfnRun {
 public:
  FfnRun(const Call& call, const EremoFfn& layer, const float* norm);
  void run(Worker& worker) const;

 private:
  void run_expert(Worker& worker, const EremoExpert& expert, const Inputs& in,
                  const Inputs& inner) const;
  void run_mixture(Worker& worker) const;
  void choose(int token) const;
  int gather(int expert) const;
  void add_share(int pair, const float* column, int count) const;

  const Call& call_;
  const EremoFfn& layer_;
  Inputs in_, inner_;
  PerThread buffers_;
  NormRun norm_;
  ResidualRun out_;          // of a dense layer
  float* scores_ = nullptr;  // (tokens, padded num_experts), then the probabilities
  int scores_step_ = 0;
  int* chosen_ = nullptr;          // (tokens, num_used)
  Inputs gathered_{};               // of the tokens of one expert
  int* expert_tokens_ = nullptr;    // (tokens,)
  float* expert_shares_ = nullptr;  // (tokens,)
  int* num_gathered_ = nullptr;     // (num_experts,)
};

}  // namespace eremo
