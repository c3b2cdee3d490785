#pragma once
// An object that many threads look at while one thread may put another in its place.

#include <atomic>
#include <memory>

namespace spillway::core {

/// Owns one T, unless it was moved from. Who has the owner's lock may use and replace it; without
/// the lock any thread may look at those parts of it that are meant to be read so (Relaxed ones).
/// What replace() returns may still be looked at by threads that began before it: destroy it once
/// each of them has done something else, such as a turn of its loop. A regular value where T is
/// one: copies are deep, and made by whoever has the lock.
template <class T>
class Published {
public:
    explicit Published(std::unique_ptr<T> object) noexcept : object_(object.release()) {}
    Published(const Published& other) : object_(new T(*other)) {}
    Published(Published&& other) noexcept : object_(other.object_.exchange(nullptr)) {}
    Published& operator=(const Published& other) {
        if (this != &other) **this = *other;
        return *this;
    }
    Published& operator=(Published&& other) noexcept {
        if (this != &other) delete object_.exchange(other.object_.exchange(nullptr));
        return *this;
    }
    ~Published() { delete object_.load(std::memory_order_relaxed); }

    [[nodiscard]] T& operator*() noexcept { return *get(); }
    [[nodiscard]] const T& operator*() const noexcept { return *get(); }
    [[nodiscard]] T* operator->() noexcept { return get(); }
    [[nodiscard]] const T* operator->() const noexcept { return get(); }

    [[nodiscard]] std::unique_ptr<T> replace(std::unique_ptr<T> object) noexcept {
        return std::unique_ptr<T>(object_.exchange(object.release(), std::memory_order_acq_rel));
    }

private:
    // Acquire, against the release of replace(): who sees the new object sees it whole.
    [[nodiscard]] T* get() const noexcept { return object_.load(std::memory_order_acquire); }

    std::atomic<T*> object_;
};

}  // namespace spillway::core
