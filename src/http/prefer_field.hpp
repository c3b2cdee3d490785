#pragma once
// How long a caller prefers to wait: the preference `wait` of the field Prefer.

#include <cstdint>
#include <optional>
#include <string_view>

namespace spillway::http {

/// `wait` of a request's Prefer fields (RFC 7240, sections 2 and 4.3). Several fields are one list,
/// of which the first `wait` counts and no other: with a value that is no number there is none.
/// Single-threaded.
class PreferredWait {
public:
    static constexpr std::uint32_t seconds_max = 86400;

    /// The fields in their order. O(length).
    void note(std::string_view field) noexcept;

    /// At most seconds_max.
    [[nodiscard]] std::optional<std::uint32_t> seconds() const noexcept {
        if (seconds_ == none) return std::nullopt;
        return seconds_;
    }

private:
    static constexpr std::uint32_t none = UINT32_MAX;

    std::uint32_t seconds_ = none;
    bool is_found_ = false;
};

}  // namespace spillway::http
