#include "exporters/tls/tls_records.h"

#include <algorithm>

namespace connwatch {

void TlsRecords::Take(std::span<const std::byte> bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    std::size_t taken = std::min(record_left_, bytes.size());
    record_left_ -= taken;
    if (taken == 0) {
      taken = 1;
      header_.at(header_size_++) = bytes.front();
      if (header_size_ == kHeaderBytes) BeginRecord();
    }
    bytes = bytes.subspan(taken);
  }
}

void TlsRecords::BeginData(const TlsRecordForm& form) {
  constexpr std::size_t kMostPadding = 64;  // more than this is something else
  is_data_ = true;
  hides_type_ = form.hides_type;
  overhead_ = form.overhead;
  const std::size_t expected = form.overhead + message_bytes_;
  const bool is_padded = record_bytes_ > expected && record_bytes_ - expected <= kMostPadding;
  if (hides_type_ && is_padded) overhead_ += record_bytes_ - expected;
}

void TlsRecords::BeginRecord() {
  constexpr std::byte kApplicationData{23};
  // RFC 8446: an alert has 2 bytes (section 6), a KeyUpdate has a header of 4 bytes and 1 byte
  // (section 4.6.3).
  constexpr std::size_t kMostHidden = 5;
  header_size_ = 0;
  record_bytes_ =
      std::to_integer<std::size_t>(header_[3]) << 8U | std::to_integer<std::size_t>(header_[4]);
  record_left_ = record_bytes_;
  message_bytes_ = 0;
  if (!is_data_ || header_[0] != kApplicationData || record_bytes_ <= overhead_) return;
  const std::size_t content = record_bytes_ - overhead_;
  if (!hides_type_ || content > kMostHidden) data_bytes_ += content;
}

}  // namespace connwatch
