#include "spillway/async/shard.hpp"

#include <utility>

#include "async/short_slice.hpp"
#include "async/thread_name.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::async {

void Shard::run(std::string thread_name) {
    SPILLWAY_ASSERT(!thread_.joinable());
    thread_ = std::thread([this, name = std::move(thread_name)]() noexcept {
        set_thread_name(name);
        ask_for_short_slice();
        context_.run();
    });
}

void Shard::join() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
}

ShardSet::ShardSet(std::size_t count) {
    SPILLWAY_ASSERT(count > 0);
    shards_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>());
}

void ShardSet::run() {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        shards_[i]->run("shard-" + std::to_string(i));
    }
}

void ShardSet::stop() {
    for (auto& shard : shards_) shard->stop();
}

void ShardSet::join() {
    for (auto& shard : shards_) shard->join();
}

}  // namespace spillway::async
