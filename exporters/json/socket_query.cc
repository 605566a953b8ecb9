#include "exporters/json/socket_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "core/base/ip_prefix.h"
#include "core/base/port_range.h"

namespace connwatch {

namespace {

using Mistake = std::optional<QueryMistake>;

// Returns `text` in lower case, with "_" instead of "-": ss writes "syn-sent", the metrics
// "syn_sent".
std::string InMetricsSpelling(std::string_view word) {
  std::string spelt(word);
  for (char& c : spelt) {
    if (c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return spelt;
}

std::optional<TcpState> StateNamed(std::string_view name) {
  const std::string spelt = InMetricsSpelling(name);
  for (const TcpState state : kTcpStates) {
    if (spelt == Name(state)) return state;
  }
  return std::nullopt;
}

std::string StateNames() {
  std::string names;
  for (const TcpState state : kTcpStates)
    names.append(names.empty() ? "" : ", ").append(Name(state));
  return names;
}

Mistake ReadStates(const QueryParameter& parameter, SocketQuery& query) {
  query.states = {};
  const std::string_view text = parameter.value;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    const auto state = StateNamed(name);
    if (!state) {
      return QueryMistake{
          parameter.value_position + begin,
          "unknown state " + QuotedPiece(name) + ", must be one of: " + StateNames()};
    }
    query.states.Add(*state);
    begin = end + 1;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Mistake ReadPorts(const QueryParameter& parameter, std::optional<PortRange>& ports) {
  const std::string_view text = parameter.value;
  const std::size_t dash = text.find('-');
  const auto first = ParsePort(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ParsePort(text.substr(dash + 1));
  if (!first || !last || *first > *last) {
    return QueryMistake{
        parameter.value_position,
        parameter.name + " must be a port or a range such as 8000-8099, not " + QuotedPiece(text)};
  }
  ports = PortRange{*first, *last};
  return std::nullopt;
}

Mistake ReadPrefix(const QueryParameter& parameter, std::optional<IpPrefix>& prefix) {
  auto parsed = IpPrefix::Parse(parameter.value);
  if (!parsed) {
    return QueryMistake{
        parameter.value_position,
        parameter.name + ": " + QuotedPiece(parameter.value) + " " + parsed.error().context};
  }
  prefix = *parsed;
  return std::nullopt;
}

Mistake ReadDirection(const QueryParameter& parameter, SocketQuery& query) {
  for (const Direction direction : kDirections) {
    if (parameter.value == Name(direction)) {
      query.direction = direction;
      return std::nullopt;
    }
  }
  return QueryMistake{parameter.value_position,
                      "direction must be inbound or outbound, not " + QuotedPiece(parameter.value)};
}

Mistake ReadGroup(const QueryParameter& parameter, SocketQuery& query) {
  if (parameter.value.empty()) return QueryMistake{parameter.value_position, "group is empty"};
  query.group = parameter.value;
  return std::nullopt;
}

struct Parameter {
  std::string_view name;
  Mistake (*read)(const QueryParameter& parameter, SocketQuery& query);
};

constexpr std::array kParameters =
    std::to_array<Parameter>({{"state", ReadStates},
                              {"sport",
                               [](const QueryParameter& parameter, SocketQuery& query) {
                                 return ReadPorts(parameter, query.endpoints.local_ports);
                               }},
                              {"dport",
                               [](const QueryParameter& parameter, SocketQuery& query) {
                                 return ReadPorts(parameter, query.endpoints.remote_ports);
                               }},
                              {"src",
                               [](const QueryParameter& parameter, SocketQuery& query) {
                                 return ReadPrefix(parameter, query.endpoints.local_addresses);
                               }},
                              {"dst",
                               [](const QueryParameter& parameter, SocketQuery& query) {
                                 return ReadPrefix(parameter, query.endpoints.remote_addresses);
                               }},
                              {"direction", ReadDirection},
                              {"group", ReadGroup},
                              {"limit", [](const QueryParameter& parameter, SocketQuery& query) {
                                 return ReadCount(parameter, 1, Paging::kMaxLimit, query.limit);
                               }}});

constexpr auto kNames = [] {
  std::array<std::string_view, kParameters.size()> names;
  std::ranges::transform(kParameters, names.begin(), &Parameter::name);
  return names;
}();

}  // namespace

std::variant<SocketQuery, QueryMistake> ParseSocketQuery(std::string_view text) {
  auto parsed = ParseQuery(text, kNames);
  if (auto* mistake = std::get_if<QueryMistake>(&parsed)) return std::move(*mistake);
  SocketQuery query;
  for (const QueryParameter& parameter : std::get<Query>(parsed)) {
    const auto* const known = std::ranges::find(kParameters, parameter.name, &Parameter::name);
    if (auto mistake = known->read(parameter, query)) return *std::move(mistake);
  }
  return query;
}

}  // namespace connwatch
