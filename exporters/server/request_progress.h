// How far the current request of a connection has come. libmicrohttpd rejects malformed and too
// large requests itself and does not report them. So at the end of a connection this finds out
// whether a request was cut short. It uses the steps that were seen and the number of bytes that
// the client has sent. Pure: it holds no socket.
#pragma once

#include <cstdint>

namespace connwatch {

class RequestProgress {
 public:
  /// Says that the first `offset` bytes of the connection belong to complete requests. Has no
  /// effect if `offset` is less than consumed().
  void ConsumeUntil(std::uint64_t offset);
  /// How many bytes, from the beginning of the connection, belong to complete requests.
  std::uint64_t consumed() const { return consumed_; }

  /// The request line is complete.
  void BeginHeaders() { stage_ = Stage::kHeaders; }
  /// The headers are complete. `head_bytes` is the size of request line and headers.
  void BeginReply(std::uint64_t head_bytes);
  /// The reply is sent, and another request may follow.
  void EndReply() { stage_ = Stage::kRequestLine; }

  /// Returns true iff no request line is complete since the connection began or the last reply was
  /// sent.
  bool WaitsForRequest() const { return stage_ == Stage::kRequestLine; }
  /// Returns true iff a request line is complete and its headers are not.
  bool IsWithinHeaders() const { return stage_ == Stage::kHeaders; }

  /// Returns true iff the connection ended within a request line or headers. `received` is the
  /// number of bytes that the client has sent. Ignores up to `slack` bytes after the last request,
  /// and an empty line for each request since ConsumeUntil.
  bool IsCutShort(std::uint64_t received, std::uint64_t slack) const;

 private:
  enum class Stage : std::uint8_t { kRequestLine, kHeaders, kReply };

  Stage stage_ = Stage::kRequestLine;
  std::uint64_t consumed_ = 0;
  std::uint64_t requests_ = 0;  // since ConsumeUntil
};

}  // namespace connwatch
