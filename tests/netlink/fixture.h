// Recorded netlink messages: tests/testdata/netlink/*.hex, see record.py there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/sockets/socket_record.h"

namespace connwatch {

struct Fixture {
  std::string name;
  std::string record;            // the "record:" line: what the parser is to find
  std::vector<std::byte> bytes;  // one netlink message, header included
};

/// Every fixture there is. Fails the test if there is none.
std::vector<Fixture> LoadFixtures();
Fixture LoadFixture(const std::string& name);

/// A record in the form of the "record:" lines.
std::string Describe(const SocketRecord& record);

/// Sequence and port id in the message's header.
std::uint32_t SequenceOf(const Fixture& fixture);
std::uint32_t PortIdOf(const Fixture& fixture);

/// The message behind its netlink header.
std::span<const std::byte> PayloadOf(const Fixture& fixture);

/// An inet_diag message with one more attribute behind it.
std::vector<std::byte> WithAttribute(std::span<const std::byte> message, std::uint16_t type,
                                     std::span<const std::byte> value);

/// A message with a 32-bit payload: NLMSG_DONE and NLMSG_ERROR with their status.
std::vector<std::byte> StatusMessage(const Fixture& reply_to, std::uint16_t type,
                                     std::int32_t status);

/// The messages one after the other, as in a datagram.
std::vector<std::byte> Join(const std::vector<std::vector<std::byte>>& messages);

}  // namespace connwatch
