#include "http/wire.hpp"

#include <time.h>

#include <algorithm>
#include <bit>
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

namespace {

/// Eight hex digits, all at once: each digit of the number gets a byte of its own, and what is
/// above nine the distance to 'a'.
void write_hex(std::uint32_t number, char* out) noexcept {
    std::uint64_t digits = number;
    digits = (digits << 16 | digits) & 0x0000ffff0000ffffULL;
    digits = (digits << 8 | digits) & 0x00ff00ff00ff00ffULL;
    digits = (digits << 4 | digits) & 0x0f0f0f0f0f0f0f0fULL;
    const std::uint64_t above_nine = (digits + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
    digits += 0x3030303030303030ULL + above_nine * ('a' - '0' - 10);
    // The number's first digit is in the highest byte, wherever this machine stores that.
    if constexpr (std::endian::native == std::endian::little) digits = __builtin_bswap64(digits);
    std::memcpy(out, &digits, sizeof(digits));
}

}  // namespace

void RequestIds::write(char* out) noexcept {
    // splitmix64 (Steele, Lea, Flood 2014): a counter made to look random, never repeating.
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    write_hex(static_cast<std::uint32_t>(z >> 32), out);
    write_hex(static_cast<std::uint32_t>(z), out + 8);
}

bool is_sane_request_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
}

}  // namespace spillway::http
