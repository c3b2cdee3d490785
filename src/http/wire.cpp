#include "http/wire.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>

namespace spillway::http {

void DateText::refresh(core::TimePoint now) noexcept {
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    tm utc{};
    gmtime_r(&wall.tv_sec, &utc);
    // Not strftime's %a and %b: those follow the locale.
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 30> text{};
    strftime(text.data(), text.size(), "***, %d *** %Y %H:%M:%S GMT", &utc);
    std::copy_n(text.data(), text_.size(), text_.data());
    std::copy_n(days[static_cast<std::size_t>(utc.tm_wday)], 3, text_.data());
    std::copy_n(months[static_cast<std::size_t>(utc.tm_mon)], 3, text_.data() + 8);
    next_ = now + std::chrono::nanoseconds(1'000'000'000 - wall.tv_nsec);
}

void RequestIds::write(char* out) noexcept {
    // splitmix64 (Steele, Lea, Flood 2014): a counter made to look random, never repeating.
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < size; ++i) out[i] = digits[(z >> (60 - 4 * i)) & 0xf];
}

bool is_sane_request_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
}

}  // namespace spillway::http
