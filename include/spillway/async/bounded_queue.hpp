#pragma once
// A queue between threads that cannot grow: producers wait, or are told no.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "spillway/async/steady_now.hpp"
#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

/// FIFO of at most `cap()` items, for any number of producers and consumers. Thread-safe. All
/// memory is allocated by the constructor; every operation is O(1). The blocking ones must not be
/// called on a loop thread.
///
/// Every push takes an rvalue and moves from it only when it returns true: what was refused is
/// still the caller's, untouched.
///
/// `close()` refuses newcomers and lets consumers drain: `pop` returns what is left, then nullopt.
template <class T>
class BoundedQueue {
public:
    /// `capacity` of at least one.
    explicit BoundedQueue(std::size_t capacity) : ring_(capacity) { SPILLWAY_ASSERT(capacity > 0); }

    /// Waits for room. False when closed, also while waiting.
    [[nodiscard]] bool push(T&& item) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return closed_ || len_ < ring_.size(); });
        return finish_push(lock, std::move(item));
    }

    /// False when full or closed.
    [[nodiscard]] bool try_push(T&& item) {
        std::unique_lock lock(mutex_);
        return finish_push(lock, std::move(item));
    }

    /// Waits for room until `deadline`. False when still full by then, or closed.
    [[nodiscard]] bool push_until(T&& item, core::TimePoint deadline) {
        std::unique_lock lock(mutex_);
        room_.wait_until(lock, to_steady(deadline),
                         [this] { return closed_ || len_ < ring_.size(); });
        return finish_push(lock, std::move(item));
    }

    /// Waits for an item. nullopt when closed and drained.
    [[nodiscard]] std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        items_.wait(lock, [this] { return closed_ || len_ > 0; });
        return finish_pop(lock);
    }

    /// nullopt when there is nothing now.
    [[nodiscard]] std::optional<T> try_pop() {
        std::unique_lock lock(mutex_);
        return finish_pop(lock);
    }

    /// Refuses every later push and wakes whoever waits. Idempotent.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        room_.notify_all();
        items_.notify_all();
    }

    [[nodiscard]] std::size_t len() const {
        const std::lock_guard lock(mutex_);
        return len_;
    }
    [[nodiscard]] std::size_t cap() const noexcept { return ring_.size(); }

private:
    bool finish_push(std::unique_lock<std::mutex>& lock, T&& item) {
        if (closed_ || len_ == ring_.size()) return false;
        ring_[(head_ + len_) % ring_.size()].emplace(std::move(item));
        ++len_;
        lock.unlock();
        items_.notify_one();
        return true;
    }

    std::optional<T> finish_pop(std::unique_lock<std::mutex>& lock) {
        if (len_ == 0) return std::nullopt;
        std::optional<T> item = std::move(ring_[head_]);
        ring_[head_].reset();
        head_ = (head_ + 1) % ring_.size();
        --len_;
        lock.unlock();
        room_.notify_one();
        return item;
    }

    mutable std::mutex mutex_;
    std::condition_variable room_;   // producers wait here
    std::condition_variable items_;  // consumers wait here
    std::vector<std::optional<T>> ring_;
    std::size_t head_ = 0;  // index of the oldest item
    std::size_t len_ = 0;
    bool closed_ = false;
};

}  // namespace spillway::async
