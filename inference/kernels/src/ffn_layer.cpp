// The feed-forward of a layer: a SwiGLU, or a mixture of them.
#include <cmath>

#include "engine.h"

namespace eremo {
namespace {

// The experts of one layer may be of different formats.
Needs of_gates_and_ups(const EremoFfn& layer) {
  Needs needs;
  for (int i = 0; i < layer.num_experts; i++) {
    needs.add(layer.experts[i].gate);
    needs.add(layer.experts[i].up);
  }
  return needs;
}

Needs of_downs(const EremoFfn& layer) {
  Needs needs;
  for (int i = 0; i < layer.num_experts; i++) needs.add(layer.experts[i].down);
  return needs;
}

Needs of_all_inputs(const EremoFfn& layer) {
  Needs needs = of_gates_and_ups(layer);
  needs.add(layer.router);
  return needs;
}

}  // namespace

FfnRun::FfnRun(const Call& call, const EremoFfn& layer, const float* norm)
    : call_(call),
      layer_(layer),
      in_(take_inputs(call, call.hidden, of_all_inputs(layer))),
      inner_(take_inputs(call, layer.experts[0].down.columns, of_downs(layer))),
      buffers_(call, 2 * static_cast<size_t>(call.tokens) * kGroup),
      norm_(call, norm, in_),
      out_(call, layer.experts[0].down, inner_) {
  if (layer.router.data == nullptr) return;
  const auto tokens = static_cast<size_t>(call.tokens);
  scores_step_ = groups_of(layer.num_experts) * kGroup;
  scores_ = call.arena->take<float>(tokens * scores_step_);
  chosen_ = call.arena->take<int>(tokens * layer.num_used);
  gathered_ = take_inputs(call, call.hidden, of_gates_and_ups(layer));
  expert_tokens_ = call.arena->take<int>(tokens);
  expert_shares_ = call.arena->take<float>(tokens);
  num_gathered_ = call.arena->take<int>(layer.num_experts);
}

void FfnRun::run(Worker& worker) const {
  call_.expect(worker, layer_.router.data ? layer_.router : layer_.experts[0].gate);
  norm_.run(worker);
  if (layer_.router.data) {
    run_mixture(worker);
    return;
  }
  run_expert(worker, layer_.experts[0], in_, inner_);
  out_.run(worker);
}

// inner = silu(gate x) * (up x)
void FfnRun::run_expert(Worker& worker, const EremoExpert& expert, const Inputs& in,
                        const Inputs& inner) const {
  const Matrix gate = matrix_of(expert.gate), up = matrix_of(expert.up);
  const int size = in.tokens * kGroup;
  float* gates = buffers_.of(worker);
  float* ups = gates + size;
  worker.each_run(gate.pairs(), run_length(call_.tokens), [&](int first, int end) {
    for (int pair = first; pair < end; pair++) {
      call_.level->product(gate, pair, in, gates);
      call_.level->product(up, pair, in, ups);
      call_.level->gate(gates, ups, size);
      call_.level->put_column(gates, inner, pair);
    }
  });
}

void FfnRun::run_mixture(Worker& worker) const {
  const Matrix router = matrix_of(layer_.router);
  float* column = buffers_.of(worker);
  worker.each(router.pairs(), [&](int pair) {
    call_.level->product(router, pair, in_, column);
    for (int token = 0; token < call_.tokens; token++)
      memcpy(scores_ + static_cast<size_t>(token) * scores_step_ + pair * kGroup,
             column + token * kGroup, kGroup * sizeof(float));
  });
  worker.each(call_.tokens, [&](int token) { choose(token); });
  for (int expert = 0; expert < layer_.num_experts; expert++) {
    worker.each(1, [&](int) { num_gathered_[expert] = gather(expert); });
    const int count = num_gathered_[expert];
    if (count == 0) continue;
    const Inputs in = {gathered_.encoded, gathered_.dense, count};
    const Inputs inner = {inner_.encoded, inner_.dense, count};
    run_expert(worker, layer_.experts[expert], in, inner);
    const Matrix down = matrix_of(layer_.experts[expert].down);
    worker.each(down.pairs(), [&](int pair) {
      call_.level->product(down, pair, inner, column);
      add_share(pair, column, count);
    });
  }
}

// Softmax over all experts; the likeliest keep their probabilities, which aren't made to sum to 1,
// as in transformers and llama.cpp.
void FfnRun::choose(int token) const {
  float* scores = scores_ + static_cast<size_t>(token) * scores_step_;
  const int count = layer_.num_experts;
  float top = scores[0];
  for (int i = 1; i < count; i++) top = scores[i] > top ? scores[i] : top;
  float total = 0.0f;
  for (int i = 0; i < count; i++) total += scores[i] = expf(scores[i] - top);
  for (int i = 0; i < count; i++) scores[i] /= total;
  int* chosen = chosen_ + static_cast<size_t>(token) * layer_.num_used;
  for (int rank = 0; rank < layer_.num_used; rank++) {
    int best = -1;
    for (int i = 0; i < count; i++) {
      bool is_taken = false;
      for (int earlier = 0; earlier < rank; earlier++) is_taken |= chosen[earlier] == i;
      if (!is_taken && (best < 0 || scores[i] > scores[best])) best = i;
    }
    chosen[rank] = best;
  }
}

// Collects the inputs of the tokens that chose this expert; returns how many they are.
int FfnRun::gather(int expert) const {
  int count = 0;
  for (int token = 0; token < call_.tokens; token++)
    for (int rank = 0; rank < layer_.num_used; rank++)
      if (chosen_[static_cast<size_t>(token) * layer_.num_used + rank] == expert) {
        expert_shares_[count] = scores_[static_cast<size_t>(token) * scores_step_ + expert];
        expert_tokens_[count++] = token;
      }
  for (int group = 0; group < groups_of(call_.hidden); group++)
    for (int i = 0; i < count; i++) {
      const size_t from = static_cast<size_t>(group) * call_.tokens + expert_tokens_[i];
      const size_t to = static_cast<size_t>(group) * count + i;
      if (gathered_.encoded) gathered_.encoded[to] = in_.encoded[from];
      if (gathered_.dense)
        memcpy(gathered_.dense + to * kGroup, in_.dense + from * kGroup, kGroup * sizeof(float));
    }
  return count;
}

void FfnRun::add_share(int pair, const float* column, int count) const {
  const int first = pair * kGroup;
  const int width = call_.hidden - first < kGroup ? call_.hidden - first : kGroup;
  for (int i = 0; i < count; i++) {
    float* x = call_.x + static_cast<size_t>(expert_tokens_[i]) * call_.hidden + first;
    for (int j = 0; j < width; j++) x[j] += expert_shares_[i] * column[i * kGroup + j];
  }
}

}  // namespace eremo
