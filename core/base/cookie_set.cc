#include "core/base/cookie_set.h"

#include <tsl/robin_map.h>

namespace connwatch {

namespace {

constexpr unsigned kBlockShift = 6;  // 64 cookies per mask

// Blocks are nearly consecutive integers. Multiplying spreads them over the table's low bits.
struct BlockHash {
  std::size_t operator()(std::uint64_t block) const {
    constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>((block * kGoldenRatio) >> 20U);
  }
};

// The cookie's bit in the mask of its block.
std::uint64_t BitOf(std::uint64_t cookie) {
  return std::uint64_t{1} << (cookie & ((1U << kBlockShift) - 1));
}

}  // namespace

struct CookieSet::Masks {
  tsl::robin_map<std::uint64_t, std::uint64_t, BlockHash> by_block;
};

CookieSet::CookieSet() : masks_(std::make_unique<Masks>()) {}
CookieSet::~CookieSet() = default;

bool CookieSet::Contains(std::uint64_t cookie) const {
  const auto mask = masks_->by_block.find(cookie >> kBlockShift);
  return mask != masks_->by_block.end() && (mask->second & BitOf(cookie)) != 0;
}

bool CookieSet::Insert(std::uint64_t cookie) {
  const std::uint64_t block = cookie >> kBlockShift;
  if (latest_mask_ == nullptr || block != latest_block_) {
    const bool is_full = masks_->by_block.size() >= kMaxMasks;
    if (is_full && !masks_->by_block.contains(block)) return true;
    latest_block_ = block;
    latest_mask_ = &masks_->by_block[block];  // valid until the next insertion, which replaces it
  }
  const std::uint64_t bit = BitOf(cookie);
  const bool is_new = (*latest_mask_ & bit) == 0;
  *latest_mask_ |= bit;
  return is_new;
}

}  // namespace connwatch
