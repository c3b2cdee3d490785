#pragma once
// Reads what the shards keep of their requests.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "spillway/http/explain.hpp"

namespace spillway::http {

class ShardContext;

/// Thread-safe; holds no shard up: it reads their rings as they are being written. The contexts
/// must outlive it.
class ExplainReader {
public:
    explicit ExplainReader(std::span<const std::unique_ptr<ShardContext>> contexts) noexcept
        : contexts_(contexts) {}

    /// All that is kept under this id, the latest first. O(records kept).
    [[nodiscard]] std::vector<Explanation> find(std::string_view request_id) const;
    /// At most `most` of the latest refusals, the latest first. O(shards x most).
    [[nodiscard]] std::vector<Explanation> latest_refusals(std::size_t most) const;
    /// O(shards).
    [[nodiscard]] ExplainReach reach() const;

private:
    std::span<const std::unique_ptr<ShardContext>> contexts_;
};

}  // namespace spillway::http
