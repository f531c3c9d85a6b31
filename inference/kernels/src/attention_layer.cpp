// Causal grouped-query attention over a cache of keys and values in fp16.
//
// A row's result is made of parts of the cache, each computed by itself, which are merged in their
// order. Few tokens take each part as a piece of work; many are cut into tiles that go over all
// parts. How a row is computed depends neither on that, nor on the number of threads, nor on what
// else is in its tile: what is read at once and what is read in pieces is equal to the bit.
#include <cmath>

#include "engine.h"

namespace eremo {
namespace {

constexpr float kLog2E = 1.44269504088896341f;
constexpr int kFewTokens = 4;
constexpr int kTileRows = 128;

int up(int value, int step) { return (value + step - 1) / step * step; }

// Interleaved pairs (0, 1), (2, 3), ... of the first dimensions are turned by their angles.
void rotate(float* values, int first, int count, const float* cosines, const float* sines,
            int rotary_dims) {
  for (int i = 0; i + 1 < count && first + i < rotary_dims; i += 2) {
    const float even = values[i], odd = values[i + 1];
    const float cosine = cosines[(first + i) / 2], sine = sines[(first + i) / 2];
    values[i] = even * cosine - odd * sine;
    values[i + 1] = even * sine + odd * cosine;
  }
}

}  // namespace

AttentionRun::AttentionRun(const Call& call, const EremoAttention& layer, const float* norm,
                           const EremoState& state)
    : call_(call),
      layer_(layer),
      state_(state),
      heads_of_kv_(layer.num_heads / layer.num_kv_heads),
      width_(up(layer.head_dim, kBlockRows)),
      tile_tokens_(heads_of_kv_ < kTileRows ? kTileRows / heads_of_kv_ : 1),
      num_parts_(0),
      in_(take_inputs(call, call.hidden, {&layer.q, &layer.k, &layer.v})),
      y_inputs_(take_inputs(call, layer.num_heads * layer.head_dim, {&layer.o})),
      queries_(
          call.arena->take<float>(static_cast<size_t>(layer.num_heads) * call.tokens * width_)),
      y_step_(up(layer.num_heads * layer.head_dim, kGroup)),
      part_sums_{},
      buffers_(call, 0),
      norm_(call, norm, in_),
      out_(call, layer.o, y_inputs_) {
  y_ = call.arena->take<float>(static_cast<size_t>(call.tokens) * y_step_);
  if (call.tokens <= kFewTokens) {
    tile_tokens_ = call.tokens;
    num_parts_ = static_cast<int>((call.start + call.tokens + kPartTokens - 1) / kPartTokens);
    const size_t rows = static_cast<size_t>(layer.num_heads) * call.tokens * num_parts_;
    part_sums_.peaks = call.arena->take<float>(rows);
    part_sums_.totals = call.arena->take<float>(rows);
    part_sums_.values = call.arena->take<float>(rows * width_);
  }
  num_tiles_ = (call.tokens + tile_tokens_ - 1) / tile_tokens_;
  const size_t rows = static_cast<size_t>(tile_tokens_) * heads_of_kv_;
  const size_t of_rows = rows * (kBlockTokens + 2 * (width_ + 2)) + 2 * rows + 64;
  const size_t of_block = static_cast<size_t>(kBlockTokens) * width_;
  const size_t of_column = static_cast<size_t>(call.tokens) * kGroup;
  buffers_ = PerThread(call, of_rows + of_block > of_column ? of_rows + of_block : of_column);
}

void AttentionRun::run(Worker& worker) const {
  float* buffer = buffers_.of(worker);
  const int hidden = layer_.num_heads * layer_.head_dim;
  call_.expect(worker, layer_.q);
  norm_.run(worker);
  const int pairs = matrix_of(layer_.q).pairs() + 2 * matrix_of(layer_.k).pairs();
  worker.each_run(pairs, run_length(call_.tokens), [&](int first, int end) {
    for (int item = first; item < end; item++) project(item, buffer);
  });
  if (num_parts_) {
    worker.each(layer_.num_kv_heads * num_parts_, [&](int item) { attend_one_part(item, buffer); });
    worker.each(layer_.num_kv_heads * call_.tokens * heads_of_kv_, [&](int row) { join(row); });
  } else {
    worker.each(layer_.num_kv_heads * num_tiles_, [&](int item) { attend_tile(item, buffer); });
  }
  call_.expect(worker, layer_.o);
  worker.each(call_.tokens, [&](int token) {
    float* row = y_ + static_cast<size_t>(token) * y_step_;
    memset(row + hidden, 0, sizeof(float) * (y_step_ - hidden));
    call_.level->put_row(row, y_step_ / kGroup, y_inputs_, token);
  });
  out_.run(worker);
}

// The items are those of q, then of k, then of v.
void AttentionRun::project(int item, float* buffer) const {
  const Matrix matrices[3] = {matrix_of(layer_.q), matrix_of(layer_.k), matrix_of(layer_.v)};
  int which = 0;
  for (; item >= matrices[which].pairs(); which++) item -= matrices[which].pairs();
  const Matrix& w = matrices[which];
  call_.level->product(w, item, in_, buffer);
  const int first = item * kGroup;
  const int rows = w.rows - first < kGroup ? w.rows - first : kGroup;
  for (int token = 0; token < call_.tokens; token++)
    place(buffer + token * kGroup, which, token, first, rows);
}

// Some of one token's q (which = 0), k (1) or v (2) go where attention reads them.
void AttentionRun::place(float* from, int which, int token, int first_row, int rows) const {
  const int head_dim = layer_.head_dim, half = layer_.rotary_dims / 2;
  for (int done = 0; done < rows;) {
    const int head = (first_row + done) / head_dim, first = (first_row + done) % head_dim;
    const int count = head_dim - first < rows - done ? head_dim - first : rows - done;
    float* values = from + done;
    if (which < 2 && half)
      rotate(values, first, count, call_.cosines + static_cast<size_t>(token) * half,
             call_.sines + static_cast<size_t>(token) * half, layer_.rotary_dims);
    if (which == 0) {
      const float scale = kLog2E / sqrtf(static_cast<float>(head_dim));
      const size_t row = (static_cast<size_t>(head / heads_of_kv_) * call_.tokens + token) *
                             heads_of_kv_ + head % heads_of_kv_;
      float* query = queries_ + row * width_;
      for (int i = 0; i < count; i++) query[first + i] = values[i] * scale;
      if (first == 0)  // a head may lie in two pairs of blocks, which are two threads' work
        for (int i = head_dim; i < width_; i++) query[i] = 0.0f;
    } else {
      uint16_t halves[kGroup];
      call_.level->narrow(values, count, halves);
      keep(halves, which, head, token, first, count);
    }
    done += count;
  }
}

// Keys lie by blocks of tokens, so that the scores of a block are sums of whole vectors.
void AttentionRun::keep(const uint16_t* values, int which, int head, int token, int first,
                        int count) const {
  const int head_dim = layer_.head_dim;
  const int64_t position = call_.start + token, head_at = head * state_.capacity * head_dim;
  if (which == 2) {
    memcpy(state_.values + head_at + position * head_dim + first, values, 2 * count);
    return;
  }
  const int64_t in_block = position % kBlockTokens;
  uint16_t* keys = state_.keys + head_at + (position - in_block) * head_dim + in_block;
  for (int i = 0; i < count; i++) keys[(first + i) * kBlockTokens] = values[i];
}

// `count` tokens from `first`, laid out in a thread's buffer; behind: where the rest of it begins.
AttentionRows AttentionRun::rows_in(float* buffer, int kv_head, int first, int count,
                                    float** behind) const {
  const int rows = count * heads_of_kv_;
  auto* limits = reinterpret_cast<int64_t*>(buffer);
  float* scores = buffer + up(2 * rows, 16);
  for (int row = 0; row < rows; row++)
    limits[row] = call_.start + first + row / heads_of_kv_ + 1;
  *behind = scores + static_cast<size_t>(rows) * kBlockTokens;
  const size_t query = (static_cast<size_t>(kv_head) * call_.tokens + first) * heads_of_kv_;
  return {rows, width_, queries_ + query * width_, limits, scores};
}

void AttentionRun::attend_part(const AttentionRows& rows, int kv_head, int part, float* block,
                               const AttentionSums& to) const {
  const int64_t begin = static_cast<int64_t>(part) * kPartTokens;
  const int64_t last = rows.limits[rows.count - 1];
  const int64_t end = begin + kPartTokens < last ? begin + kPartTokens : last;
  const int64_t head_at = kv_head * state_.capacity * layer_.head_dim;
  call_.level->attend(rows, state_.keys + head_at, state_.values + head_at, layer_.head_dim, begin,
                      end, block, to);
}

void AttentionRun::attend_tile(int item, float* buffer) const {
  const int kv_head = item % layer_.num_kv_heads;
  const int tile = num_tiles_ - 1 - item / layer_.num_kv_heads;  // the longest first
  const int first = tile * tile_tokens_;
  const int rest = call_.tokens - first;
  float* behind;
  const AttentionRows rows =
      rows_in(buffer, kv_head, first, rest < tile_tokens_ ? rest : tile_tokens_, &behind);
  const auto count = static_cast<size_t>(rows.count);
  const AttentionSums sums = {behind, behind + count, behind + 2 * count};
  behind += count * (width_ + 2);
  const AttentionSums part_sums = {behind, behind + count, behind + 2 * count};
  float* block = behind + count * (width_ + 2);
  const int64_t parts = (rows.limits[count - 1] + kPartTokens - 1) / kPartTokens;
  attend_part(rows, kv_head, 0, block, sums);
  for (int part = 1; part < parts; part++) {
    attend_part(rows, kv_head, part, block, part_sums);
    call_.level->merge(part_sums, rows.count, width_, sums);
  }
  for (int row = 0; row < rows.count; row++)
    finish(sums.from(row, width_), kv_head, first * heads_of_kv_ + row);
}

void AttentionRun::attend_one_part(int item, float* buffer) const {
  const int kv_head = item % layer_.num_kv_heads, part = item / layer_.num_kv_heads;
  float* block;
  const AttentionRows rows = rows_in(buffer, kv_head, 0, call_.tokens, &block);
  attend_part(rows, kv_head, part, block, sums_of(kv_head, part));
}

AttentionSums AttentionRun::sums_of(int kv_head, int part) const {
  const size_t rows = static_cast<size_t>(call_.tokens) * heads_of_kv_;
  return part_sums_.from((static_cast<size_t>(kv_head) * num_parts_ + part) * rows, width_);
}

void AttentionRun::join(int item) const {
  const int rows = call_.tokens * heads_of_kv_;
  const int kv_head = item / rows, row = item % rows;
  const AttentionSums sums = sums_of(kv_head, 0).from(row, width_);
  for (int part = 1; part < num_parts_; part++)
    call_.level->merge(sums_of(kv_head, part).from(row, width_), 1, width_, sums);
  finish(sums, kv_head, row);
}

// What a row has made of the whole cache becomes the mixer's result.
void AttentionRun::finish(const AttentionSums& row_sums, int kv_head, int row) const {
  const int token = row / heads_of_kv_, head = kv_head * heads_of_kv_ + row % heads_of_kv_;
  float* y = y_ + static_cast<size_t>(token) * y_step_ + head * layer_.head_dim;
  const float share = 1.0f / *row_sums.totals;
  for (int i = 0; i < layer_.head_dim; i++) y[i] = row_sums.values[i] * share;
}

}  // namespace eremo
