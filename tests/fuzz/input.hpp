#pragma once
// A fuzzer's bytes, taken from the front; zeros behind the end.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spillway::fuzz {

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : text_(reinterpret_cast<const char*>(data), size) {}

    [[nodiscard]] bool is_empty() const { return text_.empty(); }
    [[nodiscard]] std::string_view rest() const { return text_; }

    std::uint8_t byte() {
        if (text_.empty()) return 0;
        const auto b = static_cast<std::uint8_t>(text_.front());
        text_.remove_prefix(1);
        return b;
    }
    bool flag() { return (byte() & 1) != 0; }
    std::size_t below(std::size_t n) { return byte() % n; }
    template <class T, std::size_t N>
    T pick(const std::array<T, N>& values) {
        return values[below(N)];
    }
    std::string_view take(std::size_t most) {
        const std::string_view front = text_.substr(0, most);
        text_.remove_prefix(front.size());
        return front;
    }
    /// Up to the next `mark`, which is eaten too.
    std::string_view until(char mark) {
        const std::string_view front = text_.substr(0, text_.find(mark));
        text_.remove_prefix(front.size());
        if (!text_.empty()) text_.remove_prefix(1);
        return front;
    }

private:
    std::string_view text_;
};

}  // namespace spillway::fuzz
