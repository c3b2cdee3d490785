#pragma once
// A number that one thread at a time writes, under a lock, and any thread may read without it.

#include <atomic>

namespace spillway::core {

/// Relaxed: a reader gets some recent value and learns nothing else from it. Unlike an atomic it
/// can be copied, by whoever has the lock, so that a type with one in it stays a regular value.
template <class T>
class Relaxed {
public:
    explicit Relaxed(T value = T{}) noexcept : value_(value) {}
    Relaxed(const Relaxed& other) noexcept : value_(other.get()) {}
    Relaxed& operator=(const Relaxed& other) noexcept {
        set(other.get());
        return *this;
    }
    ~Relaxed() = default;

    [[nodiscard]] T get() const noexcept { return value_.load(std::memory_order_relaxed); }
    void set(T value) noexcept { value_.store(value, std::memory_order_relaxed); }

private:
    std::atomic<T> value_;
    static_assert(std::atomic<T>::is_always_lock_free);
};

}  // namespace spillway::core
