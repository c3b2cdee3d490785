#pragma once
// The Priority field of a request (RFC 9218): how urgent its sender says it is. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "spillway/http/request.hpp"

namespace spillway::http {

/// The member `u`, an integer of 0 (the most urgent) to 7. Nothing if there is none, if it is
/// anything else, or if the field is no dictionary (RFC 8941): all these are to be ignored.
/// O(length).
[[nodiscard]] std::optional<std::uint8_t> parse_urgency(std::string_view field) noexcept;

/// Of all Priority fields the last one that has it.
[[nodiscard]] std::optional<std::uint8_t> urgency(const RequestHead& head) noexcept;

}  // namespace spillway::http
