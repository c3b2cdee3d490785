#include "spillway/core/rate/rate_fields.hpp"

#include <algorithm>
#include <charconv>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

__extension__ using WideUnsigned = unsigned __int128;

constexpr std::uint64_t integer_max = 999'999'999'999'999;  // of a structured field

std::uint64_t whole_seconds(Duration d) noexcept {
    if (d <= Duration::zero()) return 0;
    return (static_cast<std::uint64_t>(d.count()) + 999'999'999) / 1'000'000'000;
}

std::string structured_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text.substr(0, RateFields::name_bytes_max)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c >= ' ' && c <= '~' ? c : '?';
    }
    return out + '"';
}

}  // namespace

std::optional<std::uint64_t> retry_after_seconds(const RateDecision& refused) noexcept {
    if (refused.retry_after == Duration::max()) return std::nullopt;
    return std::max<std::uint64_t>(whole_seconds(refused.retry_after), 1);
}

RateFields::RateFields(std::string_view name, const RateOptions& options)
    : name_(structured_string(name)) {
    SPILLWAY_ASSERT(options.validate().empty());
    const std::uint64_t window_s = whole_seconds(options.period);
    const WideUnsigned window_ns = static_cast<WideUnsigned>(window_s) * 1'000'000'000;
    const WideUnsigned quota =
        options.rate * window_ns / static_cast<std::uint64_t>(options.period.count());
    const auto number = [](WideUnsigned n) {
        return std::to_string(static_cast<std::uint64_t>(std::min<WideUnsigned>(n, integer_max)));
    };
    policy_ = name_ + ";q=" + number(quota) + ";w=" + number(window_s);
    if (options.burst != options.rate) policy_ += ";spillway-burst=" + number(options.burst);
}

RateFields::Limit RateFields::limit(const RateStanding& standing) const noexcept {
    Limit limit;
    char* at = limit.text_.data();
    char* const end = at + limit.text_.size();
    const auto text = [&](std::string_view s) { at = std::copy(s.begin(), s.end(), at); };
    const auto number = [&](std::uint64_t n) {
        at = std::to_chars(at, end, std::min(n, integer_max)).ptr;
    };
    text(name_);
    text(";r=");
    number(standing.remaining);
    text(";t=");
    number(whole_seconds(standing.next_after));
    limit.size_ = static_cast<std::size_t>(at - limit.text_.data());
    return limit;
}

}  // namespace spillway::core
