#pragma once
// The usual process_* metrics, from /proc/self: six system calls and one directory listing.

#include <cstdint>
#include <optional>

#include "telemetry/exposition.hpp"

namespace spillway::telemetry {

/// What the kernel says about this process now. A field is empty when the kernel does not say.
struct ProcessUsage {
    std::optional<double> cpu_seconds{};
    std::optional<double> start_time_seconds{};  // since the Unix epoch
    std::optional<std::uint64_t> resident_bytes{};
    std::optional<std::uint64_t> virtual_bytes{};
    std::optional<std::uint64_t> threads{};
    std::optional<std::uint64_t> open_fds{};
    std::optional<std::uint64_t> max_fds{};
};

/// O(open descriptors). Thread-safe.
[[nodiscard]] ProcessUsage process_usage();

/// Adds what is known, under the names that every Prometheus client library uses.
void add_process_metrics(Exposition& exposition, const ProcessUsage& usage);

}  // namespace spillway::telemetry
