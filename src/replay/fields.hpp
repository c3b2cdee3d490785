#pragma once
// One sample line taken apart, and one answer put together.

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::replay {

/// The comma-separated fields of a sample line. A field that cannot be used is an Error that names
/// its column.
class Fields {
public:
    explicit Fields(std::string_view line);

    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }

    /// The field of this index, whose column is called `name`.
    [[nodiscard]] std::int64_t integer(
        std::size_t i, std::string_view name,
        std::int64_t from = std::numeric_limits<std::int64_t>::min(),
        std::int64_t to = std::numeric_limits<std::int64_t>::max()) const;
    [[nodiscard]] double number(std::size_t i, std::string_view name) const;
    /// 0 or 1.
    [[nodiscard]] bool flag(std::size_t i, std::string_view name) const;
    [[nodiscard]] std::string_view text(std::size_t i) const { return fields_.at(i); }

private:
    std::vector<std::string_view> fields_;
};

/// Output fields in order. Numbers with a fraction are written so that they read back unchanged.
class Answer {
public:
    template <std::integral T>
    Answer& add(T value) {
        return add_text(std::to_string(value));
    }
    Answer& add(bool value) { return add_text(value ? "1" : "0"); }
    Answer& add(double value);
    Answer& add_text(std::string_view text);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace spillway::replay
