// The query of a request, what follows the "?", read strictly: who asks for something that does not
// exist is told so, and where, instead of getting an answer to another question.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace connwatch {

/// name=value, percent-decoded, a plus sign as a space; neither has control characters. Positions
/// are those of the query's characters as sent, from 1 on.
struct QueryParameter {
  std::string name;
  std::string value;
  std::size_t name_position = 0;
  std::size_t value_position = 0;
};

using Query = std::vector<QueryParameter>;

struct QueryMistake {
  std::size_t position = 0;  // of its first character, from 1 on
  std::string text;  // what is wrong, without the position; may hold bytes that are no UTF-8
};

/// Parameters in the order of the query; only those with a name of `known`, each at most once, each
/// with a "=". Otherwise the first mistake.
std::variant<Query, QueryMistake> ParseQuery(std::string_view query,
                                             std::span<const std::string_view> known);

/// A piece of a query for a message: in quotation marks, no more of it than helps.
std::string QuotedPiece(std::string_view text);

/// Reads the parameter's value, a whole number from `least` to `most`, into `count`.
std::optional<QueryMistake> ReadCount(const QueryParameter& parameter, std::size_t least,
                                      std::size_t most, std::size_t& count);

/// Which part of a list is asked for.
struct Paging {
  static constexpr std::size_t kMaxLimit = 1'000;
  static constexpr std::size_t kMaxOffset = 1'000'000'000;

  std::size_t limit = 100;  // 1 to kMaxLimit
  std::size_t offset = 0;   // entries left out at the beginning, at most kMaxOffset
};

/// From the parameters "limit" and "offset" of the query, if they are there.
std::variant<Paging, QueryMistake> ReadPaging(const Query& query);

}  // namespace connwatch
