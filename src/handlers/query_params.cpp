#include "handlers/query_params.hpp"

#include <charconv>
#include <system_error>

namespace spillway::handlers {

std::optional<std::uint32_t> parse_whole(std::string_view text, std::uint32_t min,
                                         std::uint32_t max) noexcept {
    std::uint32_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < min || value > max) return std::nullopt;
    return value;
}

std::optional<double> parse_decimal(std::string_view text, double min, double max) noexcept {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    // Written so that "nan", which from_chars accepts, is refused too.
    if (error != std::errc{} || stop != end || !(value >= min && value <= max)) return std::nullopt;
    return value;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t length_max = 64;
    std::string out = "\"";
    for (const char c : text.substr(0, length_max)) {
        const bool is_plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        out += is_plain ? c : '?';
    }
    return out.append(text.size() > length_max ? "...\"" : "\"");
}

ParamProblem unknown_param(std::string_view name, std::string_view known_names) {
    return {"there is no parameter " + quoted(name) + "; allowed are " + std::string(known_names)};
}

ParamProblem repeated_param(std::string_view name) {
    return {std::string(name) + " may be given only once"};
}

ParamProblem bad_param(std::string_view name, std::string_view allowed, std::string_view value) {
    return {std::string(name).append(" must be ").append(allowed) + ", not " + quoted(value)};
}

}  // namespace spillway::handlers
