// The status codes that the endpoints answer with, by their names in RFC 9110 section 15.
#pragma once

namespace connwatch {

inline constexpr unsigned kOk = 200;
inline constexpr unsigned kBadRequest = 400;
inline constexpr unsigned kUnauthorized = 401;
inline constexpr unsigned kForbidden = 403;
inline constexpr unsigned kNotFound = 404;
inline constexpr unsigned kMethodNotAllowed = 405;
inline constexpr unsigned kContentTooLarge = 413;
inline constexpr unsigned kTooManyRequests = 429;  // RFC 6585
inline constexpr unsigned kHeadersTooLarge = 431;  // RFC 6585
inline constexpr unsigned kInternalServerError = 500;
inline constexpr unsigned kServiceUnavailable = 503;

}  // namespace connwatch
