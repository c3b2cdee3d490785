#pragma once
// The sums of all shards' cells, as one reading.

#include "http/every_shard.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::http {

/// Reads every cell once, without stopping the shards: no sum is older than the call. Thread-safe.
/// O(cells).
[[nodiscard]] ServerStats collect_stats(const Shared& shared, const ShardContexts& contexts,
                                        bool has_control);

}  // namespace spillway::http
