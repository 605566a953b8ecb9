// Parses the query of /api/v1/sockets, which says what sockets to look for. It is read as strictly
// as any other query, see query.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/direction.h"
#include "core/base/tcp_state.h"
#include "core/sockets/endpoint_filter.h"
#include "exporters/http/query.h"

namespace connwatch {

/// A socket must match every member that is present.
struct SocketQuery {
  TcpStateSet states = TcpStateSet::All();
  EndpointFilter endpoints;
  std::optional<Direction> direction;
  std::optional<std::string> group;  // as in the metrics' label
  std::size_t limit = 100;           // sockets to show, 1 to Paging::kMaxLimit
};

/// Parses `state=syn-sent,syn-recv&sport=443&dport=8000-8099&src=10.0.0.0/8&dst=192.0.2.1
/// &direction=inbound&group=edge&limit=10`, in any order, each at most once. Returns the first
/// mistake if there is one.
std::variant<SocketQuery, QueryMistake> ParseSocketQuery(std::string_view query);

}  // namespace connwatch
