/* The kernels' plain C interface. inference/kernels/structures.py mirrors its structures.
 *
 * Everything is float32 and little-endian but for weights (see format.h), keys and values (fp16).
 * Functions that return an int32_t return 0, or -1 where there is not enough memory.
 * Arrays are dense and row-major. Rows of channels and of features are filled up with zeros to a
 * multiple of 32 where a comment says "padded". */
#pragma once

#include <stdint.h>

#if defined(_WIN32)
#define EREMO_API extern "C" __declspec(dllexport)
#else
#define EREMO_API extern "C" __attribute__((visibility("default")))
#endif

struct EremoMatrix {  /* format.h's Matrix */
  const uint8_t* data;
  int64_t step;
  int32_t format, rows, columns;
};

struct EremoAttention {
  EremoMatrix q, k, v, o;
  int32_t num_heads, num_kv_heads, head_dim;
  int32_t rotary_dims;  /* 0: no positions */
};

struct EremoMamba {
  EremoMatrix in_x, in_z, x, dt, out;
  const float* taps;       /* (padded d_inner / 32, d_conv, 32) */
  const float* conv_bias;  /* (padded d_inner,) */
  const float* dt_norm;    /* (dt_rank,) */
  const float* b_norm;     /* (d_state,) */
  const float* c_norm;     /* (d_state,) */
  const float* dt_bias;    /* (padded d_inner,) */
  const float* rates;      /* log2(e) A, (padded d_inner / 32, d_state, 32) */
  const float* direct;     /* D, (padded d_inner,) */
  int32_t d_inner, d_state, d_conv, dt_rank;
};

struct EremoExpert {
  EremoMatrix gate, up, down;
};

struct EremoFfn {
  EremoMatrix router;          /* of a mixture; else its data is null */
  const EremoExpert* experts;  /* one where there is no router */
  int32_t num_experts, num_used;
};

struct EremoLayer {
  const float* mixer_norm;          /* (hidden,) */
  const float* ffn_norm;            /* (hidden,) */
  const EremoAttention* attention;  /* of the two, one is null */
  const EremoMamba* mamba;
  EremoFfn ffn;
};

struct EremoModel {
  const EremoLayer* layers;
  const float* norm;  /* (hidden,) */
  EremoMatrix head;
  int32_t num_layers, hidden;
  float norm_eps;
};

/* One layer's state; advanced in place. */
struct EremoState {
  float* conv;       /* (padded d_inner / 32, d_conv - 1, 32), the oldest first */
  float* ssm;        /* (padded d_inner / 32, d_state, 32) */
  uint16_t* keys;    /* (num_kv_heads, capacity / 64, head_dim, 64) */
  uint16_t* values;  /* (num_kv_heads, capacity, head_dim) */
  int64_t capacity;  /* tokens, a multiple of 64 */
};

struct EremoEngine;

/* The names of the CPU levels that this machine can run, the best first, separated by spaces. */
EREMO_API const char* eremo_levels(void);

/* Threads and working memory for one caller at a time; null: no such level. */
EREMO_API EremoEngine* eremo_open(const char* level, int32_t num_threads);
EREMO_API void eremo_close(EremoEngine* engine);

/* The bytes of a packed matrix; 0 where its format isn't known. */
EREMO_API int64_t eremo_packed_bytes(int32_t format, int32_t rows, int32_t columns);
/* From GGUF's blocks to the packed layout, whose pairs of blocks are to begin `step` bytes apart.
   file: a descriptor of a file that holds the same bytes at `offset`, from where they are read, so
   that the pages of a mapped source aren't touched; -1 for none. */
EREMO_API void eremo_pack(EremoEngine* engine, const uint8_t* source, int32_t file, int64_t offset,
                          int32_t format, int32_t rows, int32_t columns, uint8_t* packed,
                          int64_t step);
/* Rows of a matrix in GGUF's blocks as float32, (count, columns). */
EREMO_API void eremo_take_rows(const uint8_t* source, int32_t format, int32_t columns,
                               const int32_t* rows, int32_t count, float* values);

/* y = x W', (tokens, columns) -> (tokens, rows). */
EREMO_API int32_t eremo_linear(EremoEngine* engine, const EremoMatrix* matrix, const float* x,
                            int32_t tokens, float* y);

/* All layers: x, (tokens, hidden), the residual stream, and the states are advanced in place.
 * start: tokens before these. cosines, sines: (tokens, rotary_dims / 2), or null.
 * logits: (vocab,), the scores of what may come after the last token. */
EREMO_API int32_t eremo_forward(EremoEngine* engine, const EremoModel* model, EremoState* states,
                             float* x, int32_t tokens, int64_t start, const float* cosines,
                             const float* sines, float* logits);

/* Seconds to read so many bytes once, with all threads. */
EREMO_API double eremo_read(EremoEngine* engine, const uint8_t* data, int64_t size_bytes);
/* 64 bits that change with any byte; not for what somebody forges. */
EREMO_API uint64_t eremo_checksum(EremoEngine* engine, const uint8_t* data, int64_t size_bytes);
