#pragma once
// The strict grammar of RFC 9110 and 9112 that Beast 1.81 does not check itself. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

namespace spillway::http {

/// uri-host [":" port], as a Host field or an absolute target carries it (RFC 9110, 7.2). The empty
/// authority is valid only where `may_be_empty`.
[[nodiscard]] bool is_authority(std::string_view text, bool may_be_empty) noexcept;

/// A Content-Length value: digits only, no overflow (RFC 9110, 8.6).
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

/// One or more token characters (RFC 9110, 5.6.2).
[[nodiscard]] bool is_token_char(char c) noexcept;
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Without spaces and tabs at either end.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// A request target taken apart.
struct Target {
    std::string_view path;       // begins with '/', or is "*"
    std::string_view query;      // behind the '?', empty without one
    std::string_view authority;  // of an absolute target, else empty
    bool is_https = false;       // likewise
};

/// Origin-form, absolute-form (http or https, with an authority) or "*" (RFC 9112, 3.2). Nothing
/// for a fragment, raw non-ASCII, a malformed percent-escape or any other form.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text) noexcept;

/// Seconds with an optional fraction, as milliseconds, at most a day; nothing if malformed.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal_seconds_ms(std::string_view text) noexcept;

}  // namespace spillway::http
