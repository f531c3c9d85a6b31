// Parts of a mapped file, read instead of touched where the system can: to map pages and to give them
// back takes longer than to copy them.
#pragma once

#include <cstddef>
#include <cstdint>

#if !defined(_WIN32)
#include <unistd.h>
#endif

namespace eremo {

// mapped: the bytes that the file with this descriptor holds at `offset`; -1 for no file.
struct FileBytes {
  const uint8_t* mapped;
  int file;
  int64_t offset;

  // `size` bytes from `start` on, maybe in the buffer; those that can't be read as they are mapped.
  const uint8_t* at(size_t start, size_t size, uint8_t* buffer) const {
    return buffer && file >= 0 && read(start, size, buffer) ? buffer : mapped + start;
  }

 private:
#if defined(_WIN32)
  bool read(size_t, size_t, uint8_t*) const { return false; }
#else
  bool read(size_t start, size_t size, uint8_t* buffer) const {
    const ssize_t count = pread(file, buffer, size, offset + static_cast<int64_t>(start));
    return count >= 0 && static_cast<size_t>(count) == size;
  }
#endif
};

}  // namespace eremo
