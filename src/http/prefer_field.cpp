#include "http/prefer_field.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace spillway::http {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Reads a list of preferences from its front.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] bool is_at(char c) const noexcept { return !is_at_end() && rest_.front() == c; }
    void skip_blanks() noexcept { static_cast<void>(take_while(is_blank)); }
    [[nodiscard]] bool eat(char c) noexcept {
        if (!is_at(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    [[nodiscard]] std::string_view token() noexcept { return take_while(is_token_char); }

    /// A token, or what stands between quotes, its escapes as they are.
    [[nodiscard]] std::string_view word() noexcept {
        return is_at('"') ? quoted_string() : token();
    }

    /// Behind the next comma that stands in no quotes: whatever is left of this preference.
    void skip_element() noexcept {
        while (!is_at_end() && !eat(',')) {
            if (is_at('"'))
                static_cast<void>(quoted_string());
            else
                rest_.remove_prefix(1);
        }
    }

private:
    template <class Fits>
    std::string_view take_while(Fits fits) noexcept {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), fits);
        return take(static_cast<std::size_t>(end - rest_.begin()));
    }
    std::string_view take(std::size_t bytes) noexcept {
        const auto taken = rest_.substr(0, bytes);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    /// Without its quotes. One that does not end is empty, and the rest of the text.
    std::string_view quoted_string() noexcept {
        std::size_t at = 1;
        while (at < rest_.size() && rest_[at] != '"') at += rest_[at] == '\\' ? 2 : 1;
        if (at >= rest_.size()) return take(rest_.size()).substr(0, 0);
        return take(at + 1).substr(1, at - 1);
    }

    std::string_view rest_;
};

/// Digits, each perhaps escaped.
std::optional<std::uint32_t> seconds_of(std::string_view word) noexcept {
    std::uint32_t seconds = 0;
    bool has_digits = false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] == '\\' && i + 1 < word.size()) ++i;
        if (word[i] < '0' || word[i] > '9') return std::nullopt;
        has_digits = true;
        seconds = std::min(seconds * 10 + static_cast<std::uint32_t>(word[i] - '0'),
                           PreferredWait::seconds_max);
    }
    if (!has_digits) return std::nullopt;
    return seconds;
}

}  // namespace

void PreferredWait::note(std::string_view field) noexcept {
    Reader in(field);
    while (!is_found_ && !in.is_at_end()) {
        in.skip_blanks();
        const auto name = in.token();
        std::optional<std::uint32_t> seconds;
        in.skip_blanks();
        if (in.eat('=')) {
            in.skip_blanks();
            seconds = seconds_of(in.word());
            in.skip_blanks();
        }
        const bool is_formed = in.is_at_end() || in.is_at(';') || in.is_at(',');
        in.skip_element();
        if (!equals_ignoring_case(name, "wait")) continue;
        is_found_ = true;
        if (is_formed && seconds) seconds_ = *seconds;
    }
}

}  // namespace spillway::http
