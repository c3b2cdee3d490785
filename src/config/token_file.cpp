#include "config/token_file.hpp"

#include <algorithm>
#include <string_view>

#include "config/nearest.hpp"
#include "config/read_file.hpp"

namespace spillway::config {
namespace {

constexpr std::size_t token_min = 16;
constexpr std::size_t token_max = 4096;
constexpr std::string_view spaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

}  // namespace

void read_token(Control& control, const Value& tree, Problems& problems) {
    constexpr std::string_view key = "control.token_file";
    control.token.clear();
    if (control.token_file.empty()) return;
    const Place& place = nearest_value(tree, std::string(key)).place;
    const auto text = read_file(control.token_file, token_max + 64, place, key, problems);
    if (!text) return;
    const std::string_view token = trimmed(*text);
    const bool is_visible =
        std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_visible || token.size() < token_min || token.size() > token_max) {
        problems.add(place, key,
                     control.token_file +
                         " does not hold a token (allowed: one word of 16 to 4096 visible "
                         "characters, as `openssl rand -hex 32` makes it)");
        return;
    }
    control.token = token;
}

}  // namespace spillway::config
