// Mamba as Jamba has it, in six phases. Letters: see inference/torch_backend/mamba.py.
//
// What lies between two phases is kept by groups of 32 channels, all tokens of a group together,
// since convolution and scan go through the tokens of one group after the other.
#include "engine.h"

namespace eremo {
MambaRun::MambaRun(const Call& call, const EremoMamba& layer, const float* norm,
                   const EremoState& state)
    : call_(call),
      layer_(layer),
      state_(state),
      groups_(groups_of(layer.d_inner)),
      parts_step_(groups_of(layer.x.rows) * kGroup),
      in_(take_inputs(call, call.hidden, {&layer.in_x, &layer.in_z})),
      u_inputs_(take_inputs(call, layer.d_inner, {&layer.x})),
      dt_inputs_(take_inputs(call, layer.dt_rank, {&layer.dt})),
      y_inputs_(take_inputs(call, layer.d_inner, {&layer.out})),
      u_(call.arena->take<float>(static_cast<size_t>(groups_) * call.tokens * kGroup)),
      z_(call.arena->take<float>(static_cast<size_t>(groups_) * call.tokens * kGroup)),
      parts_(call.arena->take<float>(static_cast<size_t>(call.tokens) * parts_step_)),
      buffers_(call, (static_cast<size_t>(call.tokens) + layer.d_conv) * kGroup),
      norm_(call, norm, in_),
      out_(call, layer.out, y_inputs_) {}

void MambaRun::run(Worker& worker) const {
  float* buffer = buffers_.of(worker);
  const Matrix x = matrix_of(layer_.x);
  call_.expect(worker, layer_.in_x);
  norm_.run(worker);
  worker.each_run(groups_, run_length(call_.tokens), [&](int first, int end) {
    for (int group = first; group < end; group++) {
      prefetch_convolution(group + 1);
      project_in(group, buffer);
    }
  });
  worker.each(x.pairs(), [&](int pair) {
    call_.level->product(x, pair, u_inputs_, buffer);
    for (int token = 0; token < call_.tokens; token++)
      memcpy(parts_ + static_cast<size_t>(token) * parts_step_ + pair * kGroup,
             buffer + token * kGroup, kGroup * sizeof(float));
  });
  call_.expect(worker, layer_.dt);
  worker.each(call_.tokens, [&](int token) { normalize_step(token); });
  worker.each_run(groups_, run_length(call_.tokens), [&](int first, int end) {
    for (int group = first; group < end; group++) scan(group, buffer);
  });
  out_.run(worker);
}

// x with its convolution, and z.
void MambaRun::project_in(int group, float* buffer) const {
  const size_t group_size = static_cast<size_t>(call_.tokens) * kGroup;
  const int kept = layer_.d_conv - 1;
  float* state = state_.conv + static_cast<size_t>(group) * kept * kGroup;
  const size_t state_bytes = static_cast<size_t>(kept) * kGroup * sizeof(float);
  memcpy(buffer, state, state_bytes);
  call_.level->product(matrix_of(layer_.in_x), group, in_, buffer + kept * kGroup);
  call_.level->product(matrix_of(layer_.in_z), group, in_, z_ + group * group_size);
  memcpy(state, buffer + call_.tokens * kGroup, state_bytes);
  float* u = u_ + group * group_size;
  const float* taps = layer_.taps + static_cast<size_t>(group) * layer_.d_conv * kGroup;
  call_.level->convolve(
      {buffer, taps, layer_.conv_bias + group * kGroup, u, layer_.d_conv, call_.tokens});
  call_.level->put_column(u, u_inputs_, group);
}

// dt, B and C of one token, each through its own norm.
void MambaRun::normalize_step(int token) const {
  float* dt = parts_ + static_cast<size_t>(token) * parts_step_;
  float* b = dt + layer_.dt_rank;
  float* c = b + layer_.d_state;
  const auto norm = call_.level->rms_norm;
  norm(b, layer_.b_norm, call_.norm_eps, layer_.d_state, b);
  norm(c, layer_.c_norm, call_.norm_eps, layer_.d_state, c);
  const int groups = groups_of(layer_.dt_rank);
  float row[kMaxStepRank] = {};
  norm(dt, layer_.dt_norm, call_.norm_eps, layer_.dt_rank, row);
  call_.level->put_row(row, groups, dt_inputs_, token);
}

// A convolution of one token waits for its taps and state. What lies beyond the last does no harm.
void MambaRun::prefetch_convolution(int group) const {
  const size_t kept = static_cast<size_t>(layer_.d_conv - 1) * kGroup, taps = kept + kGroup;
  for (size_t i = 0; i < taps; i += kLineFloats) __builtin_prefetch(layer_.taps + group * taps + i);
  for (size_t i = 0; i < kept; i += kLineFloats)
    __builtin_prefetch(state_.conv + group * kept + i, 1);
}

void MambaRun::scan(int group, float* buffer) const {
  const int first = group * kGroup;
  const size_t at = static_cast<size_t>(group) * call_.tokens * kGroup;
  const size_t states_at = static_cast<size_t>(group) * layer_.d_state * kGroup;
  call_.level->product(matrix_of(layer_.dt), group, dt_inputs_, buffer);
  const float* b = parts_ + layer_.dt_rank;
  call_.level->scan({buffer, layer_.dt_bias + first, u_ + at, z_ + at, b, b + layer_.d_state,
                     layer_.rates + states_at, layer_.direct + first, state_.ssm + states_at,
                     buffer, parts_step_, layer_.d_state, call_.tokens});
  call_.level->put_column(buffer, y_inputs_, group);
}

}  // namespace eremo
