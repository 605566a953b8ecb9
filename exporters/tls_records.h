// Counts the application data in what a client sends over TLS, from the headers of the records (RFC
// 8446 section 5.1, RFC 5246 section 6.2.1): a type, a version and a length. The HTTP library,
// which reads the data, does not tell. Pure: it is given the bytes as they come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace connwatch {

/// Of one connection, in one direction.
class TlsRecords {
 public:
  /// The next bytes of the stream, however they are cut.
  void Take(std::span<const std::byte> bytes);

  /// Call when the handshake is over: the next record is not part of it. `overhead` is how many
  /// bytes a record takes beside its content and header. With `hides_type` (TLS 1.3) alerts and key
  /// updates look like data; they are told by their size.
  void BeginData(std::size_t overhead, bool hides_type);

  /// Bytes taken in all.
  std::uint64_t bytes() const { return bytes_; }
  /// Bytes of application data in the records that have begun; with padding up to that much more.
  /// Without BeginData 0.
  std::uint64_t data_bytes() const { return data_bytes_; }

 private:
  static constexpr std::size_t kHeaderBytes = 5;

  void BeginRecord();

  std::array<std::byte, kHeaderBytes> header_{};
  std::size_t header_size_ = 0;   // as much of it as has come
  std::size_t content_left_ = 0;  // of the current record
  bool is_data_ = false;
  std::size_t overhead_ = 0;
  bool hides_type_ = false;
  std::uint64_t bytes_ = 0;
  std::uint64_t data_bytes_ = 0;
};

}  // namespace connwatch
