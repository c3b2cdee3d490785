#pragma once
// Where events are counted: cells that cost their writer a plain store and can be read, for a
// scrape, from any thread.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace spillway::core {

/// What two threads write must not share a line. 64 bytes on every machine this is built for; the
/// standard's constant may differ between compilers, hence between a library and its user.
inline constexpr std::size_t cache_line_bytes = 64;

/// A T that shares its cache line with nothing: one element of a per-shard array.
template <class T>
struct alignas(cache_line_bytes) CacheLinePadded {
    T value{};

    T* operator->() noexcept { return &value; }
    const T* operator->() const noexcept { return &value; }
    T& operator*() noexcept { return value; }
    const T& operator*() const noexcept { return value; }
};

/// One thread adds, any thread reads. A load and a store, no locked instruction: with two writers
/// counts get lost. Relaxed, because a reader wants the number and nothing that happened before.
class Counter {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// *Thread-safe*: any thread adds, any thread reads. For events that have no shard, and rare ones.
class SharedCounter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace spillway::core
