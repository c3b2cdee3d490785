#include "config/override.hpp"

#include <algorithm>

namespace spillway::config {

namespace {

constexpr std::string_view prefix = "SPILLWAY__";

/// SERVER__MAX_CONNECTIONS -> server.max_connections
std::string key_path_of(std::string_view name) {
    std::string path;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i, 2) == "__") {
            path += '.';
            ++i;
            continue;
        }
        const char c = name[i];
        path += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return path;
}

}  // namespace

std::optional<Override> parse_set(std::string_view argument) {
    const auto equals = argument.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    const std::string key{argument.substr(0, equals)};
    return Override{key, std::string{argument.substr(equals + 1)}, "--set " + key};
}

std::vector<Override> overrides_from_environment(const char* const* environ) {
    std::vector<Override> overrides;
    for (; *environ != nullptr; ++environ) {
        const std::string_view variable{*environ};
        const auto equals = variable.find('=');
        if (!variable.starts_with(prefix) || equals == std::string_view::npos) continue;
        const std::string_view name = variable.substr(0, equals);
        overrides.push_back({key_path_of(name.substr(prefix.size())),
                             std::string{variable.substr(equals + 1)},
                             "environment " + std::string{name}, true});
    }
    std::sort(overrides.begin(), overrides.end(),
              [](const Override& a, const Override& b) { return a.origin < b.origin; });
    return overrides;
}

}  // namespace spillway::config
