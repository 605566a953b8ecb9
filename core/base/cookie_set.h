// The socket cookies seen in one dump, to recognise a socket that the walk meets twice.
//
// The kernel takes cookies from a counter when a socket is first looked at, so the cookies of one
// host lie close together. Therefore this keeps one 64-bit mask for each 64 neighbouring cookies.
// That is 20 times smaller than a set of cookies and stays in the CPU's cache. If cookies are far
// apart, it costs a third more.
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

  /// Adds the cookie. Returns true iff it was not in the set before.
  bool Insert(std::uint64_t cookie);
  bool Contains(std::uint64_t cookie) const;

 private:
  struct Masks;  // keeps the hash map out of this header
  std::unique_ptr<Masks> masks_;
  // The mask of the latest cookie. Sockets next to each other in a dump often share a mask.
  std::uint64_t latest_block_ = 0;
  std::uint64_t* latest_mask_ = nullptr;
};

}  // namespace connwatch
