// The exported functions: see eremo.h.
#include <algorithm>
#include <chrono>
#include <string>

#include "cpu.h"
#include "engine.h"
#include "file_bytes.h"
#include "pack.h"

using namespace eremo;

struct EremoEngine {
  const Level& level;
  Team team;
  Arena arena;
};

namespace {

// One layer, in the memory that all layers share.
struct LayerRun {
  LayerRun(const Call& call, const EremoLayer& layer, const EremoState& state) {
    call.arena->rewind();
    if (layer.mamba)
      mamba.reset(new MambaRun(call, *layer.mamba, layer.mixer_norm, state));
    else
      attention.reset(new AttentionRun(call, *layer.attention, layer.mixer_norm, state));
    call.arena->rewind();
    ffn.reset(new FfnRun(call, layer.ffn, layer.ffn_norm));
  }
  void run(Worker& worker) const {
    if (mamba)
      mamba->run(worker);
    else
      attention->run(worker);
    ffn->run(worker);
  }

  std::unique_ptr<MambaRun> mamba;
  std::unique_ptr<AttentionRun> attention;
  std::unique_ptr<FfnRun> ffn;
};

// All layers, and the head.
struct ModelRun {
  ModelRun(const Call& call, const EremoModel& model, const EremoState* states, float* logits) {
    layers.reserve(model.num_layers);
    for (int i = 0; i < model.num_layers; i++)
      layers.emplace_back(call, model.layers[i], states[i]);
    call.arena->rewind();
    head.reset(new HeadRun(call, model, logits));
  }
  void run(Worker& worker) const {
    for (const LayerRun& layer : layers) layer.run(worker);
    head->run(worker);
  }

  std::vector<LayerRun> layers;
  std::unique_ptr<HeadRun> head;
};

Call call_of(EremoEngine* engine, float* x, int tokens, int hidden, float norm_eps) {
  return {&engine->level, &engine->arena, x, tokens, hidden, engine->team.size(), norm_eps, 0,
          nullptr, nullptr};
}

constexpr int64_t kReadBytes = 1 << 18;
constexpr size_t kPackedBytes = 1 << 18;  // read and packed at a time: they stay in the caches

uint64_t mixed(uint64_t sum, uint64_t bits) {
  sum = (sum ^ bits) * 0x9e3779b97f4a7c15u;  // odd, so that no bit is lost
  return sum ^ sum >> 32;
}

// Four sums side by side, since a product waits for the one before it.
uint64_t checksum(const uint8_t* data, int64_t size) {
  uint64_t sums[4] = {1, 2, 3, 4};
  int64_t at = 0;
  for (; at + 32 <= size; at += 32)
    for (int i = 0; i < 4; i++) {
      uint64_t bits;
      memcpy(&bits, data + at + 8 * i, 8);
      sums[i] = mixed(sums[i], bits);
    }
  for (; at < size; at++) sums[0] = mixed(sums[0], data[at]);
  return mixed(mixed(mixed(sums[0], sums[1]), sums[2]), sums[3]);
}

}  // namespace

const char* eremo_levels(void) {
  static const std::string names = [] {
    std::string joined;
    for (const Level* level : usable_levels())
      joined += (joined.empty() ? "" : " ") + std::string(level->name);
    return joined;
  }();
  return names.c_str();
}

EremoEngine* eremo_open(const char* level, int32_t num_threads) {
  for (const Level* usable : usable_levels())
    if (usable->name == std::string(level))
      return new EremoEngine{*usable, Team(num_threads), Arena()};
  return nullptr;
}

void eremo_close(EremoEngine* engine) { delete engine; }

int64_t eremo_packed_bytes(int32_t format, int32_t rows, int32_t columns) {
  if (unit_size(format).columns == 0) return 0;
  const Matrix shape{nullptr, 0, format, rows, columns};
  return static_cast<int64_t>(2 * shape.block_bytes()) * shape.pairs();
}

void eremo_pack(EremoEngine* engine, const uint8_t* source, int32_t file, int64_t offset,
                int32_t format, int32_t rows, int32_t columns, uint8_t* packed, int64_t step) {
  const Matrix shape{packed, step, format, rows, columns};
  const FileBytes bytes{source, file, offset};
  const size_t row_bytes = source_row_bytes(format, columns);
  const size_t run_bytes = std::max(kPackedBytes, kGroup * row_bytes);
  engine->arena.rewind();
  engine->arena.take<uint8_t>(run_bytes * engine->team.size());
  const bool has_room = engine->arena.settle();
  uint8_t* buffers = engine->arena.take<uint8_t>(run_bytes * engine->team.size());
  engine->team.run([&](Worker& worker) {
    uint8_t* buffer = has_room ? buffers + run_bytes * worker.index() : nullptr;
    const int longest = static_cast<int>(run_bytes / (kGroup * row_bytes));
    worker.each_run(shape.pairs(), longest, [&](int first, int end) {
      const int first_row = kGroup * first, num_rows = std::min(kGroup * end, rows) - first_row;
      const uint8_t* from = bytes.at(row_bytes * first_row, row_bytes * num_rows, buffer);
      const Matrix part{nullptr, 0, format, num_rows, columns};
      for (int pair = first; pair < end; pair++)
        pack_pair(from, part, pair - first, packed + step * pair);
    });
  });
}

void eremo_take_rows(const uint8_t* source, int32_t format, int32_t columns, const int32_t* rows,
                     int32_t count, float* values) {
  const size_t row_bytes = source_row_bytes(format, columns);
  for (int i = 0; i < count; i++)
    dequantize_row(source + row_bytes * static_cast<size_t>(rows[i]), format, columns,
                   values + static_cast<size_t>(i) * columns);
}

int32_t eremo_linear(EremoEngine* engine, const EremoMatrix* matrix, const float* x, int32_t tokens,
                     float* y) {
  const Call call = call_of(engine, nullptr, tokens, 0, 0.0f);
  const Matrix w = matrix_of(*matrix);
  const int groups = w.groups();
  Inputs inputs;
  const auto lay_out = [&] {
    engine->arena.rewind();
    inputs = take_inputs(call, w.columns, {matrix});
    const PerThread rows(call, static_cast<size_t>(groups) * kGroup);
    const PerThread columns(call, static_cast<size_t>(tokens) * kGroup);
    return std::pair(rows, columns);
  };
  lay_out();
  if (!engine->arena.settle()) return -1;
  const auto [rows, columns] = lay_out();
  engine->team.run([&, rows = rows, columns = columns](Worker& worker) {
    float* row = rows.of(worker);
    memset(row, 0, sizeof(float) * groups * kGroup);
    worker.each(tokens, [&](int token) {
      memcpy(row, x + static_cast<size_t>(token) * w.columns, sizeof(float) * w.columns);
      engine->level.put_row(row, groups, inputs, token);
    });
    float* column = columns.of(worker);
    worker.each_run(w.pairs(), run_length(tokens), [&](int first_pair, int end) {
      for (int pair = first_pair; pair < end; pair++) {
        engine->level.product(w, pair, inputs, column);
        const int first = pair * kGroup;
        const int count = w.rows - first < kGroup ? w.rows - first : kGroup;
        for (int token = 0; token < tokens; token++)
          memcpy(y + static_cast<size_t>(token) * w.rows + first, column + token * kGroup,
                 sizeof(float) * count);
      }
    });
  });
  return 0;
}

int32_t eremo_forward(EremoEngine* engine, const EremoModel* model, EremoState* states, float* x,
                      int32_t tokens, int64_t start, const float* cosines, const float* sines,
                      float* logits) {
  Call call = call_of(engine, x, tokens, model->hidden, model->norm_eps);
  call.start = start;
  call.cosines = cosines;
  call.sines = sines;
  const auto prepare = [&] { return std::make_unique<ModelRun>(call, *model, states, logits); };
  auto run = prepare();
  if (!engine->arena.has_room()) {
    if (!engine->arena.settle()) return -1;
    run = prepare();
  }
  engine->team.run([&](Worker& worker) { run->run(worker); });
  return 0;
}

double eremo_read(EremoEngine* engine, const uint8_t* data, int64_t size_bytes) {
  const auto started = std::chrono::steady_clock::now();
  std::atomic<uint32_t> sum{0};  // or the reading could be left out
  engine->team.run([&](Worker& worker) {
    worker.each(static_cast<int>(size_bytes / kReadBytes), [&](int item) {
      sum.fetch_add(engine->level.read(data + item * kReadBytes, kReadBytes));
    });
  });
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

uint64_t eremo_checksum(EremoEngine* engine, const uint8_t* data, int64_t size_bytes) {
  const int64_t count = (size_bytes + kReadBytes - 1) / kReadBytes;
  std::vector<uint64_t> parts(count);
  engine->team.run([&](Worker& worker) {
    worker.each(static_cast<int>(count), [&](int item) {
      const int64_t at = item * kReadBytes, rest = size_bytes - at;
      parts[item] = checksum(data + at, rest < kReadBytes ? rest : kReadBytes);
    });
  });
  uint64_t sum = static_cast<uint64_t>(size_bytes);
  for (uint64_t part : parts) sum = mixed(sum, part);
  return sum;
}
