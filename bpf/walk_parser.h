// Turns what the BPF program wrote (walk_layout.h) into SocketRecords. Pure; the bytes are not
// trusted, because the program may have read memory that the kernel was changing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/walk_layout.h"
#include "core/base/ip_address.h"
#include "core/base/plain_allocator.h"
#include "core/sockets/socket_record.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

/// What the records are to be read by. The same for all runs of a process, but for `query`.
struct WalkContext {
  DumpQuery query;
  /// Sockets of this network namespace are the process's own: their net_cookie becomes 0.
  std::uint64_t own_net_cookie = 0;
  /// Of the kernel's clock.
  std::uint32_t ticks_per_second = 250;
  /// A random number, so that nobody outside can choose endpoints whose identities collide.
  std::uint64_t identity_seed = 0;
};

/// The records of one run.
struct ParsedWalk {
  using Records = std::vector<SocketRecord, PlainAllocator<SocketRecord>>;

  Records records;
  /// Indices into `records`: sockets of the process's own network namespace, other than
  /// mini-sockets and request sockets, that have no cookie yet. Their `cookie` is made from the
  /// endpoints.
  std::vector<std::size_t> without_cookie;
  /// Records thrown away because they cannot be: an unknown state or family, no network namespace.
  std::uint64_t malformed = 0;

  /// Keeps the memory.
  void Clear();
};

/// Appends the records in `bytes` that `context.query` asks for to `parsed`. A socket that was
/// written twice, because it changed its form while the walk stood on it, counts once. Bytes after
/// the last whole record are ignored.
void ParseWalk(std::span<const std::byte> bytes, const WalkContext& context, ParsedWalk& parsed);

/// An address as the programs write it. `family` is AF_INET or AF_INET6.
IpAddress AddressFrom(std::uint8_t family, std::span<const walk_u32, 4> words);

/// What identifies a socket of another network namespace, or one without a cookie. Nobody may give
/// cookies there but processes inside, at any time. So the identity is made from what tells the
/// socket from all others that exist: its endpoints, and for a LISTEN socket, which may share its
/// address, its place in the kernel's memory. It never equals a cookie.
std::uint64_t IdentityOf(const SocketRecord& record, std::uint64_t place, std::uint64_t seed);

}  // namespace connwatch
