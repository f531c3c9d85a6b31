// From the blocks of GGUF to the packed layout of format.h, and to float32.
#pragma once

#include "format.h"

namespace eremo {

// The bytes of one row of `columns` as GGUF stores it.
size_t source_row_bytes(int32_t format, int columns);

// Rows 32 pair to 32 pair + 31 of a matrix that lies at `source` as GGUF stores it; what is beyond
// its last row becomes zeros. to: 2 block_bytes().
void pack_pair(const uint8_t* source, const Matrix& shape, int pair, uint8_t* to);

// One row as float32, exactly as the gguf package computes it.
void dequantize_row(const uint8_t* source, int32_t format, int columns, float* to);

}  // namespace eremo
