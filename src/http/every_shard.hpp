#pragma once
// Work on every shard's own thread, from the composition root's.

#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <vector>

#include "http/shard_context.hpp"

namespace spillway::http {

using ShardContexts = std::vector<std::unique_ptr<ShardContext>>;

/// Runs `f(context)` on each, at once, and waits for all. The shards must run.
template <class F>
void on_every_shard(const ShardContexts& contexts, F f) {
    std::vector<std::future<void>> done;
    for (const auto& context : contexts) {
        auto task = std::make_shared<std::packaged_task<void()>>([&f, &context] { f(*context); });
        done.push_back(task->get_future());
        boost::asio::post(context->executor, [task] { (*task)(); });
    }
    for (auto& one : done) one.get();
}

}  // namespace spillway::http
