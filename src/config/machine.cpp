#include "config/machine.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "config/cgroup.hpp"

namespace spillway::config {

namespace {

const std::string mount_point = "/sys/fs/cgroup";

std::string read_text(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

template <typename T>
void lower(std::optional<T>& smallest, std::optional<T> limit) {
    if (limit && (!smallest || *limit < *smallest)) smallest = limit;
}

std::uint32_t cpus_by_affinity() {
    // More than 1024 CPUs do not fit cpu_set_t; the call then fails and the kernel's count is used.
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

std::optional<std::uint32_t> cpu_quota(const CgroupPaths& paths) {
    std::optional<std::uint32_t> cpus;
    if (paths.unified) {
        for (const std::string& path : path_and_parents(*paths.unified)) {
            lower(cpus, parse_cpu_max(read_text(mount_point + path + "/cpu.max")));
        }
    }
    if (paths.cpu) {
        for (const std::string& path : path_and_parents(*paths.cpu)) {
            const std::string directory = mount_point + "/cpu" + path;
            lower(cpus, parse_cfs_quota(read_text(directory + "/cpu.cfs_quota_us"),
                                        read_text(directory + "/cpu.cfs_period_us")));
        }
    }
    return cpus;
}

std::optional<std::uint64_t> memory_limit(const CgroupPaths& paths) {
    std::optional<std::uint64_t> bytes;
    if (paths.unified) {
        for (const std::string& path : path_and_parents(*paths.unified)) {
            lower(bytes, parse_memory_limit(read_text(mount_point + path + "/memory.max")));
        }
    }
    if (paths.memory) {
        for (const std::string& path : path_and_parents(*paths.memory)) {
            const std::string directory = mount_point + "/memory" + path;
            lower(bytes, parse_memory_limit(read_text(directory + "/memory.limit_in_bytes")));
        }
    }
    return bytes;
}

}  // namespace

Machine this_machine() {
    const CgroupPaths paths = parse_cgroup_paths(read_text("/proc/self/cgroup"));
    const std::uint32_t cpus = cpus_by_affinity();
    return {std::min(cpus, cpu_quota(paths).value_or(cpus)), memory_limit(paths).value_or(0)};
}

}  // namespace spillway::config
