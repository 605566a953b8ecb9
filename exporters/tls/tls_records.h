// Counts the application data in what a client sends over TLS, from the headers of the records (RFC
// 8446 section 5.1, RFC 5246 section 6.2.1): a type, a version and a length. The HTTP library,
// which reads the data, does not report its size. Pure: it is given the bytes as they come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace connwatch {

/// The form of a connection's records after its handshake.
struct TlsRecordForm {
  std::size_t overhead = 0;  // bytes of a record that are neither header nor content
  /// TLS 1.3: alerts and key updates look like data and can be recognised only by their size, and
  /// records may have padding. Java pads each record by the same number of bytes, which the latest
  /// record shows.
  bool hides_type = false;
};

/// Counts what one side of one connection sends.
class TlsRecords {
 public:
  /// Takes the next bytes of the stream, cut anywhere.
  void Take(std::span<const std::byte> bytes);

  /// Call for each handshake message that was read from the latest record. `bytes` is its size with
  /// its header.
  void TakeMessage(std::size_t bytes) { message_bytes_ += bytes; }
  /// Call when the handshake is over: the next record is not part of it.
  void BeginData(const TlsRecordForm& form);

  /// Bytes taken in all.
  std::uint64_t bytes() const { return bytes_; }
  /// Bytes of application data in the records that have begun since BeginData. Padding of varying
  /// size counts as data.
  std::uint64_t data_bytes() const { return data_bytes_; }

 private:
  static constexpr std::size_t kHeaderBytes = 5;

  void BeginRecord();

  std::array<std::byte, kHeaderBytes> header_{};
  std::size_t header_size_ = 0;    // how much of it has come
  std::size_t record_bytes_ = 0;   // of the latest record, without its header
  std::size_t record_left_ = 0;    // how many of these have not come yet
  std::size_t message_bytes_ = 0;  // of handshake messages in the latest record
  bool is_data_ = false;
  std::size_t overhead_ = 0;
  bool hides_type_ = false;
  std::uint64_t bytes_ = 0;
  std::uint64_t data_bytes_ = 0;
};

}  // namespace connwatch
