#pragma once
// What the files of Linux control groups say. Pure functions of their text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

/// Where a process is: paths below the mount point, each beginning with "/".
struct CgroupPaths {
    std::optional<std::string> unified;  // v2
    std::optional<std::string> cpu;      // v1
    std::optional<std::string> memory;   // v1
};

/// /proc/self/cgroup, lines of `ID:controllers:path`.
[[nodiscard]] CgroupPaths parse_cgroup_paths(std::string_view text);

/// "/a/b" -> "/a/b", "/a", "": a limit holds for everything below it, so each of them counts. A
/// path that climbs out of the mount (as seen from inside a container) is only its root.
[[nodiscard]] std::vector<std::string> path_and_parents(std::string_view path);

/// cpu.max of v2, "QUOTA PERIOD": CPUs, rounded up, at least 1; nullopt for "max" or nonsense.
[[nodiscard]] std::optional<std::uint32_t> parse_cpu_max(std::string_view text);

/// cpu.cfs_quota_us and cpu.cfs_period_us of v1; a quota of -1 is none.
[[nodiscard]] std::optional<std::uint32_t> parse_cfs_quota(std::string_view quota,
                                                           std::string_view period);

/// memory.max of v2 or memory.limit_in_bytes of v1; "max" and values near 2^63 are no limit.
[[nodiscard]] std::optional<std::uint64_t> parse_memory_limit(std::string_view text);

}  // namespace spillway::config
