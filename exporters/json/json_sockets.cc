#include "exporters/json/json_sockets.h"

#include <array>
#include <charconv>
#include <string_view>

#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

std::string Compact(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// Indents `text` as an entry of a list.
std::string Indented(std::string_view text) {
  std::string indented;
  for (const char c : text.substr(0, text.size() - 1)) {  // without the newline at its end
    indented += c;
    if (c == '\n') indented += "    ";
  }
  return indented;
}

// As ss shows it.
std::string InHexadecimal(std::uint64_t number) {
  constexpr int kBase = 16;
  std::array<char, kBase> digits{};
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, kBase);
  return {digits.data(), end};
}

void AddQueues(Json& json, const SocketRecord& record) {
  const bool is_listener = record.state == TcpState::kListen;
  json[is_listener ? "accept_queue_length" : "receive_queue_bytes"] = record.receive_queue;
  json[is_listener ? "accept_queue_limit" : "send_queue_bytes"] = record.send_queue;
}

Json TimerOf(const SocketRecord& record, const SocketDetails& details) {
  if (details.timer == SocketTimer::kNone) return {};
  return {{"waits_for", Name(details.timer)},
          {"expires_seconds", ToSeconds(record.timer_expires)},
          {"retransmissions", record.retransmissions}};
}

Json ToJson(const TcpInfoNumber& number) {
  if (number.per_unit == 1) return number.value;
  return static_cast<double>(number.value) / number.per_unit;
}

void AddDetails(Json& json, const FoundSocket& socket) {
  const SocketDetails& details = *socket.details;
  json["uid"] = details.uid;
  json["inode"] = details.inode;
  json["timer"] = TimerOf(socket.record, details);
  // For a LISTEN socket the kernel's numbers mean other things, or nothing.
  if (socket.record.state == TcpState::kListen || details.tcp_info.empty()) return;
  json["congestion_control"] = TextOrNull(details.congestion_control);
  json["options"] = details.options;
  Json& tcp_info = json["tcp_info"] = Json::object();
  for (const TcpInfoNumber& number : details.tcp_info) {
    tcp_info[std::string(number.name)] = ToJson(number);
  }
}

}  // namespace

std::string RenderSocketsBegin(WallTime now) {
  return "{\n  \"dumped_timestamp_seconds\": " + Compact(Timestamp(now)) + ",\n  \"sockets\": [";
}

std::string RenderSocket(const FoundSocket& socket, bool is_first) {
  const SocketRecord& record = socket.record;
  Json json = {{"state", Name(record.state)},
               {"local", record.local.ToString()},
               {"remote", record.remote.ToString()}};
  json["direction"] = socket.direction ? Json(Name(*socket.direction)) : Json();
  json["group"] = TextOrNull(socket.group);
  json["unit"] = TextOrNull(socket.unit);
  json["cookie"] = InHexadecimal(record.cookie);
  AddQueues(json, record);
  if (socket.details) AddDetails(json, socket);
  return (is_first ? "\n    " : ",\n    ") + Indented(Write(json));
}

std::string RenderSocketsEnd(std::size_t returned, const std::string& incomplete_because) {
  return "\n  ],\n  \"returned\": " + std::to_string(returned) +
         ",\n  \"is_complete\": " + (incomplete_because.empty() ? "true" : "false") +
         ",\n  \"incomplete_because\": " + Compact(TextOrNull(incomplete_because)) + "\n}\n";
}

}  // namespace connwatch
