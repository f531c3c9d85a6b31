// Compiled once for each CPU level, with EREMO_LEVEL as its name and the compiler's flags for it.
//
// All of it lives in a namespace of the level's own, and nothing of the standard library's
// templates is used: the linker merges functions of the same name, and would give one level the
// instructions of another.
#include "level.h"

#if defined(__aarch64__)
#include "simd_neon.h"
#elif defined(__AVX512F__)
#include "simd_avx512.h"
#else
#include "simd_avx2.h"
#endif

#include "functions.h"
#include "rows.h"
#include "unpack.h"
#include "product.h"
#include "mamba.h"
#include "attention.h"

#define EREMO_TEXT_OF(name) #name
#define EREMO_TEXT(name) EREMO_TEXT_OF(name)
#define EREMO_JOINED_OF(a, b) a##b
#define EREMO_JOINED(a, b) EREMO_JOINED_OF(a, b)

namespace eremo {

extern const Level EREMO_JOINED(level_, EREMO_LEVEL);
const Level EREMO_JOINED(level_, EREMO_LEVEL) = {
    EREMO_TEXT(EREMO_LEVEL),
    EREMO_LEVEL::product,
    EREMO_LEVEL::rms_norm,
    EREMO_LEVEL::put_row,
    EREMO_LEVEL::put_column,
    EREMO_LEVEL::gate,
    EREMO_LEVEL::convolve,
    EREMO_LEVEL::scan,
    EREMO_LEVEL::attend,
    EREMO_LEVEL::merge,
    EREMO_LEVEL::narrow,
    EREMO_LEVEL::read,
};

}  // namespace eremo
