#pragma once
// Small pieces of what goes over the wire: the text of a reply head, the Date, request ids.

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::http {

/// Appends text to a fixed buffer. Running out of room is a bug: heads are bounded by construction
/// (`fits` first, for what a handler adds). Shard-local.
class HeadWriter {
public:
    HeadWriter(char* data, std::size_t capacity) noexcept : data_(data), capacity_(capacity) {}

    HeadWriter& operator<<(std::string_view text) noexcept {
        SPILLWAY_ASSERT(fits(text.size()));
        if (!text.empty()) std::memcpy(data_ + size_, text.data(), text.size());
        size_ += text.size();
        return *this;
    }
    HeadWriter& operator<<(std::uint64_t number) noexcept {
        const auto [end, error] = std::to_chars(data_ + size_, data_ + capacity_, number);
        SPILLWAY_ASSERT(error == std::errc{});
        size_ = static_cast<std::size_t>(end - data_);
        return *this;
    }
    [[nodiscard]] bool fits(std::size_t bytes) const noexcept { return capacity_ - size_ >= bytes; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const char* end() const noexcept { return data_ + size_; }

private:
    char* data_;
    std::size_t capacity_;
    std::size_t size_ = 0;
};

/// The value of a Date field (RFC 9110, 5.6.7), written anew when the second has changed: one
/// compare per request instead of a clock of its own. Shard-local.
class DateText {
public:
    /// When the text now held is over.
    [[nodiscard]] core::TimePoint valid_until() const noexcept { return next_; }
    /// `now` says when to look at the wall clock again; once per second at most.
    [[nodiscard]] std::string_view at(core::TimePoint now) noexcept {
        if (now >= next_) refresh(now);
        return {text_.data(), text_.size()};
    }

private:
    void refresh(core::TimePoint now) noexcept;

    std::array<char, 29> text_{};
    core::TimePoint next_ = core::TimePoint::min();
};

/// Ids for requests that bring none: 16 hex digits, unlike on every shard and at every start, made
/// without a system call. Not secret. Shard-local.
class RequestIds {
public:
    static constexpr std::size_t size = 16;
    explicit RequestIds(std::uint64_t seed) noexcept : state_(seed) {}
    void write(char* out) noexcept;

private:
    std::uint64_t state_;
};

/// A caller's id that we repeat: 1 to 128 visible ASCII characters without quotes or backslash.
[[nodiscard]] bool is_sane_request_id(std::string_view id) noexcept;

}  // namespace spillway::http
