#include "scenario/access_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace spillway::scenario {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// Whatever two of them are apart can be told in nanoseconds.
constexpr int year_min = 1970;
constexpr int year_max = 2200;
constexpr std::string_view pattern = "dd/Mon/yyyy:hh:mm:ss +zzzz";

std::optional<int> number(std::string_view text, std::size_t begin, std::size_t length) {
    int value = 0;
    const char* const end = text.data() + begin + length;
    const auto [stop, error] = std::from_chars(text.data() + begin, end, value);
    if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::int64_t> parse_log_time(std::string_view line) {
    const auto bracket = line.find('[');
    if (bracket == std::string_view::npos) return std::nullopt;
    const std::string_view text = line.substr(bracket + 1, pattern.size());
    if (text.size() < pattern.size()) return std::nullopt;
    for (const std::size_t i : {2U, 6U, 11U, 14U, 17U, 20U}) {
        if (text[i] != pattern[i]) return std::nullopt;
    }
    if (text[21] != '+' && text[21] != '-') return std::nullopt;
    const auto month = std::find(months.begin(), months.end(), text.substr(3, 3));
    const auto day = number(text, 0, 2);
    const auto year = number(text, 7, 4);
    const auto hours = number(text, 12, 2);
    const auto minutes = number(text, 15, 2);
    const auto seconds = number(text, 18, 2);
    const auto zone = number(text, 22, 4);
    if (month == months.end() || !day || !year || !hours || !minutes || !seconds || !zone) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year{*year},
        std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
        std::chrono::day{static_cast<unsigned>(*day)}};
    if (*year < year_min || *year > year_max) return std::nullopt;
    if (!date.ok() || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t local = ((days * 24 + *hours) * 60 + *minutes) * 60 + *seconds;
    const std::int64_t ahead = (*zone / 100 * 60 + *zone % 100) * 60;
    return text[21] == '+' ? local - ahead : local + ahead;
}

std::vector<core::Duration> spread_seconds(std::vector<std::int64_t> seconds) {
    std::sort(seconds.begin(), seconds.end());
    std::vector<core::Duration> times;
    times.reserve(seconds.size());
    for (std::size_t begin = 0; begin < seconds.size();) {
        const auto end = static_cast<std::size_t>(
            std::upper_bound(seconds.begin(), seconds.end(), seconds[begin]) - seconds.begin());
        const auto count = static_cast<std::int64_t>(end - begin);
        for (std::int64_t i = 0; i < count; ++i) {
            times.push_back(std::chrono::seconds{seconds[begin] - seconds.front()} +
                            core::Duration{1'000'000'000 * i / count});
        }
        begin = end;
    }
    return times;
}

}  // namespace spillway::scenario
