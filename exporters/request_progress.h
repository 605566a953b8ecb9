// How far the request has come that a connection is bringing. The HTTP library refuses by itself
// what is malformed or too large, and says so to nobody but the client. This tells at the end of a
// connection whether a request was cut short, from the steps that were seen and from the bytes that
// the kernel has counted. Pure: no socket.
#pragma once

#include <cstdint>
#include <optional>

namespace connwatch {

/// Of one connection.
class RequestProgress {
 public:
  /// The first `end` bytes of the connection are no request, or belong to whole ones. Never moves
  /// back.
  void Consumed(std::uint64_t end);

  /// The request line is whole; headers may follow.
  void BeginHeaders() { stage_ = Stage::kHeaders; }
  /// The headers are whole; they and the request line take so many bytes.
  void BeginReply(std::uint64_t head_bytes);
  /// The reply is sent, and another request may follow.
  void EndReply() { stage_ = Stage::kRequestLine; }

  /// Whether the connection ended within a request line or headers. `received` is what the client
  /// sent in all; nullopt where that is not known: then a request counts from its whole request
  /// line on. Up to `slack` bytes behind the last request are none: the FIN, a TLS alert, an empty
  /// line.
  bool IsCutShort(std::optional<std::uint64_t> received, std::uint64_t slack) const;

 private:
  enum class Stage : std::uint8_t { kRequestLine, kHeaders, kReply };

  Stage stage_ = Stage::kRequestLine;
  std::uint64_t consumed_ = 0;
};

}  // namespace connwatch
