// The socket cookies seen in one dump, to recognise a socket that the walk meets twice.
//
// The kernel hands cookies out from a counter, when a socket is first looked at, so cookies of one
// host lie close together. A set of 64-bit masks, one per 64 neighbouring cookies, is then 20 times
// smaller than a set of cookies and stays in the cache; with cookies far apart it costs a third
// more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace connwatch {

class CookieSet {
 public:
  CookieSet();
  ~CookieSet();
  CookieSet(const CookieSet&) = delete;
  CookieSet& operator=(const CookieSet&) = delete;

  /// Whether the cookie is new; it is a member from then on.
  bool Insert(std::uint64_t cookie);

 private:
  struct Masks;  // keeps the hash map out of this header
  std::unique_ptr<Masks> masks_;
  // The mask of the latest cookie: neighbours in the dump are often neighbours here.
  std::uint64_t latest_block_ = 0;
  std::uint64_t* latest_mask_ = nullptr;
};

}  // namespace connwatch
