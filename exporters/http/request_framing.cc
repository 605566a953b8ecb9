#include "exporters/http/request_framing.h"

#include <algorithm>

#include "exporters/http/host_header.h"
#include "exporters/http/weighted_list.h"

namespace connwatch {

namespace {

// RFC 9110 section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kCharacters =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(kCharacters) == std::string_view::npos;
}

// RFC 9110 section 8.6.
bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The value of a header may have a tab.
bool IsForbiddenControl(char character) {
  constexpr char kDelete = 0x7f;
  const bool is_low = character >= '\0' && character < ' ';
  return (is_low && character != '\t') || character == kDelete;
}

}  // namespace

void RequestFraming::Take(std::string_view name, std::string_view value) {
  ++headers_;
  if (!IsToken(name) || std::ranges::any_of(value, IsForbiddenControl)) is_ambiguous_ = true;
  if (EqualsIgnoringCase(name, "Host")) {
    if (has_host_ || !(value.empty() || ParseHost(value))) is_ambiguous_ = true;
    has_host_ = true;
  }
  if (EqualsIgnoringCase(name, "Transfer-Encoding")) has_body_ = true;
  if (EqualsIgnoringCase(name, "Connection")) {
    ForEachElement(value, [this](const WeightedElement& option) {
      if (EqualsIgnoringCase(option.name, "close")) asks_to_close_ = true;
      if (EqualsIgnoringCase(option.name, "keep-alive")) asks_to_keep_open_ = true;
    });
  }
  if (!EqualsIgnoringCase(name, "Content-Length")) return;
  if (has_length_ || !IsNumber(value)) is_ambiguous_ = true;
  has_length_ = true;
  if (value != "0") has_body_ = true;
}

}  // namespace connwatch
