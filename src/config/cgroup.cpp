#include "config/cgroup.hpp"

#include <algorithm>
#include <limits>

#include "config/units.hpp"

namespace spillway::config {

namespace {

// v1 says "no limit" as the largest multiple of the page size below 2^63.
constexpr std::uint64_t memory_unlimited = 1ULL << 62U;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (list.substr(0, comma) == word) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

void parse_line(std::string_view line, CgroupPaths& paths) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string path{line.substr(second + 1)};
    if (line.substr(0, first) == "0" && controllers.empty()) paths.unified = path;
    if (has_word(controllers, "cpu")) paths.cpu = path;
    if (has_word(controllers, "memory")) paths.memory = path;
}

}  // namespace

CgroupPaths parse_cgroup_paths(std::string_view text) {
    CgroupPaths paths;
    while (!text.empty()) {
        const auto end = text.find('\n');
        parse_line(text.substr(0, end), paths);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return paths;
}

std::vector<std::string> path_and_parents(std::string_view path) {
    std::vector<std::string> all;
    if (path.find("..") != std::string_view::npos) path = {};
    while (path.size() > 1) {
        if (path.ends_with('/')) {
            path.remove_suffix(1);
            continue;
        }
        all.emplace_back(path);
        const auto slash = path.rfind('/');
        path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
    all.emplace_back();
    return all;
}

std::optional<std::uint32_t> parse_cpu_max(std::string_view text) {
    text = trimmed(text);
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    return parse_cfs_quota(text.substr(0, space), text.substr(space + 1));
}

std::optional<std::uint32_t> parse_cfs_quota(std::string_view quota, std::string_view period) {
    const auto quota_us = parse_integer(trimmed(quota));
    const auto period_us = parse_integer(trimmed(period));
    if (!quota_us || !period_us || *period_us == 0) return std::nullopt;
    const std::uint64_t cpus = *quota_us / *period_us + (*quota_us % *period_us == 0 ? 0 : 1);
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(cpus, 1, most));
}

std::optional<std::uint64_t> parse_memory_limit(std::string_view text) {
    const auto bytes = parse_integer(trimmed(text));
    if (!bytes || *bytes >= memory_unlimited) return std::nullopt;
    return bytes;
}

}  // namespace spillway::config
