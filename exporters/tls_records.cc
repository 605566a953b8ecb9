#include "exporters/tls_records.h"

#include <algorithm>

namespace connwatch {

void TlsRecords::Take(std::span<const std::byte> bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    std::size_t taken = std::min(content_left_, bytes.size());
    content_left_ -= taken;
    if (taken == 0) {
      taken = 1;
      header_.at(header_size_++) = bytes.front();
      if (header_size_ == kHeaderBytes) BeginRecord();
    }
    bytes = bytes.subspan(taken);
  }
}

void TlsRecords::BeginData(std::size_t overhead, bool hides_type) {
  is_data_ = true;
  overhead_ = overhead;
  hides_type_ = hides_type;
}

void TlsRecords::BeginRecord() {
  constexpr std::byte kApplicationData{23};
  // RFC 8446: an alert is 2 bytes (section 6), a KeyUpdate a header of 4 and 1 byte
  // (section 4.6.3).
  constexpr std::size_t kMostHidden = 5;
  header_size_ = 0;
  content_left_ =
      std::to_integer<std::size_t>(header_[3]) << 8U | std::to_integer<std::size_t>(header_[4]);
  if (!is_data_ || header_[0] != kApplicationData || content_left_ <= overhead_) return;
  const std::size_t content = content_left_ - overhead_;
  if (!hides_type_ || content > kMostHidden) data_bytes_ += content;
}

}  // namespace connwatch
