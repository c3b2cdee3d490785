#pragma once
// What a handler may know of a request's header.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

[[nodiscard]] std::string_view to_string(Method method) noexcept;
/// `other` for every token that is not one of the methods above. Case-sensitive (RFC 9110, 9.1).
[[nodiscard]] Method parse_method(std::string_view token) noexcept;

/// A set of methods; GET implies HEAD.
class MethodSet {
public:
    void add(Method method) noexcept {
        bits_ |= bit(method);
        if (method == Method::get) bits_ |= bit(Method::head);
    }
    void merge(MethodSet other) noexcept { bits_ |= other.bits_; }
    [[nodiscard]] bool contains(Method method) const noexcept { return (bits_ & bit(method)) != 0; }
    /// As the value of an Allow field: "GET, HEAD, POST".
    [[nodiscard]] std::string to_string() const;

private:
    static constexpr std::uint8_t bit(Method method) noexcept {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(method));
    }
    std::uint8_t bits_ = 0;
};

struct FieldView {
    std::string_view name;
    std::string_view value;
};

/// Decoded query parameters in the order in which they came.
using QueryParams = std::vector<std::pair<std::string, std::string>>;

/// One request's header, already found strict. Views into the connection's buffer: valid while the
/// request is being served and its body has not begun to be read; copy what must live longer.
class RequestHead {
public:
    virtual ~RequestHead() = default;

    [[nodiscard]] virtual Method method() const noexcept = 0;
    [[nodiscard]] virtual std::string_view path() const noexcept = 0;   // as sent, not decoded
    [[nodiscard]] virtual std::string_view query() const noexcept = 0;  // behind the '?', as sent
    [[nodiscard]] virtual std::size_t field_count() const noexcept = 0;
    [[nodiscard]] virtual FieldView field(std::size_t index) const noexcept = 0;

    /// The first field of that name (any case), empty if there is none. O(fields).
    [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
};

/// Percent-decoded; empty if an escape is malformed.
[[nodiscard]] std::string decode_path(std::string_view path);

/// Splits and decodes a query ('+' is a space, as HTML forms send it). Nothing if an escape is
/// malformed, or a character does not belong there.
[[nodiscard]] std::optional<QueryParams> decode_query(std::string_view query);

}  // namespace spillway::http
