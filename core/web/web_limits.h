// The limits of HTTP messages and of names in certificates. The server keeps them, and the web
// configuration file must fit.
#pragma once

#include <cstddef>

namespace connwatch {

/// How many bytes the configured headers of a reply may take together. Each takes its name, its
/// value and four bytes more (": " and the end of the line). The server has memory for these and
/// for its own headers, whatever a request is.
inline constexpr std::size_t kMaxReplyHeaderBytes = std::size_t{8} * 1024;

/// How many headers and parameters of the query a request may have together.
inline constexpr std::size_t kMaxRequestFields = 100;

/// How many bytes the request line and the headers of a request may take together.
inline constexpr std::size_t kMaxRequestHeadBytes = std::size_t{8} * 1024;

/// The longest name in TlsSettings::client_allowed_sans. Longer names of a client's certificate are
/// not compared.
inline constexpr std::size_t kMaxAlternativeNameBytes = 1'000;

}  // namespace connwatch
