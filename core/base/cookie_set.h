// Socket cookies, to recognise sockets: those that a walk meets twice, or that end meanwhile.
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
  /// The most masks that are kept, with 24 bytes each in a table that is at least half empty. There
  /// is a mask for each socket if the cookies are far apart. Cookies beyond it are not remembered.
  static constexpr std::size_t kMaxMasks = 500'000;

  CookieSet();
  ~CookieSet();
  CookieSet(const CookieSet&) = delete;
  CookieSet& operator=(const CookieSet&) = delete;

  /// Adds the cookie, if there is room. Returns true iff it was not in the set before.
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
