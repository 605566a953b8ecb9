// Walks the attributes that follow an inet_diag message. Pure; the bytes are not trusted.
// kernel: include/uapi/linux/netlink.h, struct nlattr.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>

#include "core/base/result.h"
#include "netlink/load_at.h"

namespace connwatch {

inline Error MalformedMessage(const std::string& what) {
  return Error{EBADMSG, "inet_diag message: " + what};
}

/// Calls read(type, value) for each attribute. EBADMSG at the first attribute whose length
/// contradicts the bytes; `read` was called for those before it.
template <typename Read>
Result<void> ReadAttributes(std::span<const std::byte> bytes, Read read) {
  while (!bytes.empty()) {
    const auto header = LoadAt<nlattr>(bytes, 0);
    if (!header) return MalformedMessage("bytes after the last attribute");
    if (header->nla_len < NLA_HDRLEN || header->nla_len > bytes.size()) {
      return MalformedMessage("attribute length " + std::to_string(header->nla_len) + " with " +
                              std::to_string(bytes.size()) + " bytes left");
    }
    read(header->nla_type & NLA_TYPE_MASK, bytes.subspan(NLA_HDRLEN, header->nla_len - NLA_HDRLEN));
    // The padding of the last attribute may be missing.
    bytes = bytes.subspan(std::min<std::size_t>(NLA_ALIGN(header->nla_len), bytes.size()));
  }
  return {};
}

}  // namespace connwatch
