// What every layer is made of: inputs of products, norm, projection onto the residual stream.
#include <algorithm>

#include "engine.h"

namespace eremo {

Inputs take_inputs(const Call& call, int columns, const Needs& needs) {
  const size_t count = static_cast<size_t>(groups_of(columns)) * call.tokens;
  return {needs.encoded ? call.arena->take<Encoded>(count) : nullptr,
          needs.dense ? call.arena->take<float>(count * kGroup) : nullptr, call.tokens};
}

NormRun::NormRun(const Call& call, const float* weight, const Inputs& to)
    : call_(call), weight_(weight), to_(to), row_(call, groups_of(call.hidden) * kGroup) {}

void NormRun::run(Worker& worker) const {
  const int hidden = call_.hidden, groups = groups_of(hidden);
  float* row = row_.of(worker);
  memset(row + hidden, 0, sizeof(float) * (groups * kGroup - hidden));
  worker.each(call_.tokens, [&](int token) {
    const float* x = call_.x + static_cast<size_t>(token) * hidden;
    call_.level->rms_norm(x, weight_, call_.norm_eps, hidden, row);
    call_.level->put_row(row, groups, to_, token);
  });
}

ResidualRun::ResidualRun(const Call& call, const EremoMatrix& w, const Inputs& from)
    : call_(call),
      w_(matrix_of(w)),
      from_(from),
      column_(call, static_cast<size_t>(call.tokens) * kGroup) {}

void ResidualRun::run(Worker& worker) const {
  float* column = column_.of(worker);
  worker.each_run(w_.pairs(), run_length(call_.tokens), [&](int first_pair, int end) {
    for (int pair = first_pair; pair < end; pair++) {
      call_.level->product(w_, pair, from_, column);
      const int first = pair * kGroup;
      const int count = w_.rows - first < kGroup ? w_.rows - first : kGroup;
      for (int token = 0; token < call_.tokens; token++) {
        float* x = call_.x + static_cast<size_t>(token) * call_.hidden + first;
        for (int i = 0; i < count; i++) x[i] += column[token * kGroup + i];
      }
    }
  });
}

namespace {

Call of_last_token(Call call) {
  call.x += static_cast<size_t>(call.tokens - 1) * call.hidden;
  call.tokens = 1;
  return call;
}

}  // namespace

HeadRun::HeadRun(const Call& call, const EremoModel& model, float* logits)
    : last_(of_last_token(call)),
      head_(model.head),
      logits_(logits),
      in_(take_inputs(last_, call.hidden, {&model.head})),
      norm_(last_, model.norm, in_),
      column_(last_, kGroup) {}

void HeadRun::run(Worker& worker) const {
  float* column = column_.of(worker);
  const Matrix w = matrix_of(head_);
  last_.expect(worker, head_);
  norm_.run(worker);
  worker.each_run(w.pairs(), kRunPairs, [&](int first_pair, int end) {
    for (int pair = first_pair; pair < end; pair++) {
      last_.level->product(w, pair, in_, column);
      const int first = pair * kGroup;
      memcpy(logits_ + first, column, sizeof(float) * std::min(kGroup, w.rows - first));
    }
  });
}

}  // namespace eremo
