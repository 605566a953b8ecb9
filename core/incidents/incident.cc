#include "core/incidents/incident.h"

#include <array>
#include <string_view>

namespace connwatch {

namespace {

// FNV-1a with 64 bits (RFC 9923): the ids must be the same in every build and after every restart.
class Hash {
 public:
  void Add(std::string_view text) {
    for (const char byte : text) Add(static_cast<unsigned char>(byte));
    Add(static_cast<unsigned char>(0));
  }
  void Add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i, number >>= 8U) Add(static_cast<unsigned char>(number & 0xffU));
  }
  std::uint64_t value() const { return value_; }

 private:
  void Add(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::string Hexadecimal(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 16> digits{};
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number >>= 4U) {
    *digit = kDigits[number & 0xfU];
  }
  return {digits.begin(), digits.end()};
}

}  // namespace

std::string IncidentIdOf(const Alert& alert) {
  const WallTime fired = alert.fired_at.value_or(alert.since).wall;
  Hash hash;
  hash.Add(alert.rule->name);
  hash.Add(alert.subject);
  hash.Add(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(fired.time_since_epoch()).count()));
  return Hexadecimal(hash.value());
}

}  // namespace connwatch
