#pragma once
// One event loop, one thread: what a shard is, and the set of them.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace spillway::async {

/// The executor of a shard. Concrete, so that a coroutine or socket on a shard pays no type
/// erasure per operation.
using Executor = boost::asio::io_context::executor_type;

/// A coroutine on a shard.
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

/// The completion token of a `Task`.
inline constexpr boost::asio::use_awaitable_t<Executor> use_task{};

/// One io_context that one thread runs. Its sockets and timers may be used on the shard's thread
/// only (before it runs: on the thread that starts it), and then need neither lock nor strand;
/// `post` from other threads is safe.
class Shard {
public:
    Shard() : work_(context_.get_executor()) {}
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;
    /// Joins a running thread; stop or drain it first.
    ~Shard() { join(); }

    [[nodiscard]] Executor executor() noexcept { return context_.get_executor(); }
    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    /// Starts the thread; once. An exception that escapes a handler ends the process: whoever
    /// spawns a coroutine must say what becomes of its exceptions.
    void run(std::string thread_name);

    /// Ends the loop at once; what is pending on it will not run.
    void stop() { context_.stop(); }

    /// Lets the loop end when its work has ended, or it was stopped, and waits for its thread.
    void join();

private:
    // One thread runs this context and uses its sockets and timers, so the reactor needs no locks
    // (200 instructions of a refusal). Posts from other threads stay safe.
    boost::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<Executor> work_;
    std::thread thread_;
};

/// The shards of a server, threads named "shard-0" ... Whatever their coroutines touch must be
/// constructed before the set; sockets and timers held elsewhere must be destroyed before it.
class ShardSet {
public:
    /// At least one.
    explicit ShardSet(std::size_t count);

    [[nodiscard]] std::size_t size() const noexcept { return shards_.size(); }
    [[nodiscard]] Shard& operator[](std::size_t index) noexcept { return *shards_[index]; }

    void run();
    void stop();
    void join();

private:
    std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace spillway::async
