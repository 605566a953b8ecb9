#include "exporters/http/query.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace connwatch {

namespace {

bool IsControl(char c) {
  constexpr unsigned char kFirstPrintable = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  return static_cast<unsigned char>(c) < kFirstPrintable ||
         static_cast<unsigned char>(c) == kDelete;
}

// The byte that two hexadecimal digits mean.
std::optional<char> DecodeByte(std::string_view digits) {
  constexpr int kHexadecimal = 16;
  if (digits.size() != 2) return std::nullopt;
  std::uint8_t byte = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), byte, kHexadecimal);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<char>(byte);
}

class QueryParser {
 public:
  QueryParser(std::string_view query, std::span<const std::string_view> known)
      : query_(query), known_(known) {}

  std::variant<Query, QueryMistake> Parse() && {
    std::size_t begin = 0;
    while (!query_.empty() && begin <= query_.size()) {
      const std::size_t end = std::min(query_.find('&', begin), query_.size());
      if (!ParseParameter(begin, end)) return *std::move(mistake_);
      begin = end + 1;
    }
    return std::move(parameters_);
  }

 private:
  bool ParseParameter(std::size_t begin, std::size_t end) {
    const std::size_t equals = query_.substr(0, end).find('=', begin);
    if (equals == std::string_view::npos) {
      return Fail(begin + 1,
                  "expected name=value, found " + QuotedPiece(query_.substr(begin, end - begin)));
    }
    QueryParameter parameter;
    parameter.name_position = begin + 1;
    parameter.value_position = equals + 2;
    if (!Decode(begin, equals, parameter.name) || !CheckName(parameter)) return false;
    if (!Decode(equals + 1, end, parameter.value)) return false;
    parameters_.push_back(std::move(parameter));
    return true;
  }

  bool CheckName(const QueryParameter& parameter) {
    if (std::ranges::find(known_, parameter.name) == known_.end()) {
      return Fail(parameter.name_position,
                  "unknown parameter " + QuotedPiece(parameter.name) + ", " + KnownNames());
    }
    if (std::ranges::find(parameters_, parameter.name, &QueryParameter::name) !=
        parameters_.end()) {
      return Fail(parameter.name_position,
                  "parameter " + QuotedPiece(parameter.name) + " comes twice");
    }
    return true;
  }

  std::string KnownNames() const {
    if (known_.empty()) return "this path takes no parameters";
    std::string names;
    for (const std::string_view name : known_) names.append(names.empty() ? "" : ", ").append(name);
    return "known: " + names;
  }

  bool Decode(std::size_t begin, std::size_t end, std::string& decoded) {
    constexpr std::size_t kEncodedByte = 3;  // "%2F"
    for (std::size_t i = begin; i < end; ++i) {
      char c = query_[i] == '+' ? ' ' : query_[i];
      const std::size_t position = i + 1;
      if (c == '%') {
        const std::string_view encoded = query_.substr(i, std::min(kEncodedByte, end - i));
        const auto byte = DecodeByte(encoded.substr(1));
        if (!byte) return Fail(position, QuotedPiece(encoded) + " is no percent-encoded byte");
        c = *byte;
        i += kEncodedByte - 1;
      }
      if (IsControl(c)) return Fail(position, "control characters are not allowed");
      decoded += c;
    }
    return true;
  }

  bool Fail(std::size_t position, std::string text) {
    mistake_ = {position, std::move(text)};
    return false;
  }

  std::string_view query_;
  std::span<const std::string_view> known_;
  Query parameters_;
  std::optional<QueryMistake> mistake_;
};

}  // namespace

std::string QuotedPiece(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  std::string quoted = "\"";
  quoted.append(text.substr(0, kLongest));
  return quoted + (text.size() > kLongest ? "...\"" : "\"");
}

std::optional<QueryMistake> ReadCount(const QueryParameter& parameter, std::size_t least,
                                      std::size_t most, std::size_t& count) {
  const std::string& text = parameter.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (is_number && count >= least && count <= most) return std::nullopt;
  return QueryMistake{parameter.value_position,
                      parameter.name + " must be a whole number from " + std::to_string(least) +
                          " to " + std::to_string(most) + ", not " + QuotedPiece(text)};
}

std::variant<Query, QueryMistake> ParseQuery(std::string_view query,
                                             std::span<const std::string_view> known) {
  return QueryParser(query, known).Parse();
}

std::variant<Paging, QueryMistake> ReadPaging(const Query& query) {
  Paging paging;
  for (const QueryParameter& parameter : query) {
    std::optional<QueryMistake> mistake;
    if (parameter.name == "limit") {
      mistake = ReadCount(parameter, 1, Paging::kMaxLimit, paging.limit);
    } else if (parameter.name == "offset") {
      mistake = ReadCount(parameter, 0, Paging::kMaxOffset, paging.offset);
    }
    if (mistake) return *std::move(mistake);
  }
  return paging;
}

}  // namespace connwatch
