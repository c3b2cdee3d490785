#pragma once
// File descriptors: as many as we may have, and no more connections than that.

#include <cstdint>

namespace spillway::app {

/// Raises the soft limit to the hard one; returns what is then allowed.
std::uint64_t raise_descriptor_limit() noexcept;

/// What the process needs besides connections: listeners, loops, log, libraries, and some to spare.
[[nodiscard]] std::uint64_t descriptors_besides_connections(std::uint64_t shards,
                                                            std::uint64_t listeners) noexcept;

}  // namespace spillway::app
