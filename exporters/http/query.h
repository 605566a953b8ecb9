// The query of a request: what follows the "?". It is read strictly: if it asks for something that
// does not exist, the client gets an error with the position, not the answer to another question.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace connwatch {

/// One "name=value", percent-decoded, with a plus sign as a space. Neither part has control
/// characters. Positions count the characters of the query as sent, from 1 on.
struct QueryParameter {
  std::string name;
  std::string value;
  std::size_t name_position = 0;
  std::size_t value_position = 0;
};

using Query = std::vector<QueryParameter>;

struct QueryMistake {
  std::size_t position = 0;  // of its first character, from 1 on
  std::string text;  // what is wrong, without the position; may contain bytes that are not UTF-8
};

/// Returns the parameters in the order of the query, or the first mistake. Each parameter must have
/// a name of `known` and a "=", and may occur at most once.
std::variant<Query, QueryMistake> ParseQuery(std::string_view query,
                                             std::span<const std::string_view> known);

/// A piece of a query for a message: in quotation marks, cut if it is long.
std::string QuotedPiece(std::string_view text);

/// Reads the parameter's value, a whole number from `least` to `most`, into `count`. Returns the
/// mistake, if there is one.
std::optional<QueryMistake> ReadCount(const QueryParameter& parameter, std::size_t least,
                                      std::size_t most, std::size_t& count);

/// Which part of a list is asked for.
struct Paging {
  static constexpr std::size_t kMaxLimit = 1'000;
  static constexpr std::size_t kMaxOffset = 1'000'000'000;

  std::size_t limit = 100;  // 1 to kMaxLimit
  std::size_t offset = 0;   // entries left out at the beginning, at most kMaxOffset
};

/// Reads the parameters "limit" and "offset" of the query, if they are there.
std::variant<Paging, QueryMistake> ReadPaging(const Query& query);

}  // namespace connwatch
