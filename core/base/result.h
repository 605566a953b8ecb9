// Expected failures as values: Result<T> holds either a T or an Error. Takes the place of
// std::expected, which this toolchain's C++20 library does not have.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace connwatch {

/// Why something failed. `context` begins with the outermost step: "listen on [::]:10177: Address
/// already in use". `code` is the errno of the cause, or 0 if there is none.
struct Error {
  int code = 0;
  std::string context;

  /// The error of a system call: `what` and the errno's own text.
  static Error FromErrno(int code, std::string_view what) {
    return Error{code, std::string(what) + ": " + std::generic_category().message(code)};
  }

  /// Returns the same error with `outer` in front of its context.
  [[nodiscard]] Error Within(std::string_view outer) && {
    return Error{code, std::string(outer) + ": " + std::move(context)};
  }
};

/// Returns an Error about a text that a person wrote. No system call failed, so `code` is 0.
inline Error Mistake(std::string message) { return Error{0, std::move(message)}; }

/// Either a T or the Error that prevented it. Asking for the one that is not there is a programming
/// error and throws std::bad_variant_access.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that a function can return a value or an Error directly.
  template <std::convertible_to<T> U = T>
  requires(!std::same_as<std::remove_cvref_t<U>, Result>)
      // NOLINTNEXTLINE(google-explicit-constructor, bugprone-forwarding-reference-overload)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace connwatch
