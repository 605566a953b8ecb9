#include "exporters/http/gzip.h"

#include <zlib.h>

#include <new>

namespace connwatch {

std::string Gzip(std::string_view text) {
  // zlib manual, deflateInit2: adding 16 to the window bits writes a gzip wrapper.
  constexpr int kGzipWindowBits = MAX_WBITS + 16;
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  // Level 1: a metrics page shrinks to a tenth at any level, and this is the cheapest.
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string compressed(deflateBound(&stream, text.size()), '\0');
  // zlib's interface lacks const here; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  deflate(&stream, Z_FINISH);  // one call: deflateBound() made room for everything
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

}  // namespace connwatch
