#pragma once
// A bounded amount of memory, counted before it is used.

#include <atomic>
#include <cstddef>
#include <utility>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// *Thread-safe*, lock-free; every operation is O(1). Never more than `max` is reserved, not even
/// for a moment: count first, use then; unless `max` was lowered below what is. Must outlive its
/// reservations.
class ByteBudget {
public:
    class Reservation;

    explicit ByteBudget(std::size_t max_bytes) noexcept : max_(max_bytes) {}
    ByteBudget(const ByteBudget&) = delete;
    ByteBudget& operator=(const ByteBudget&) = delete;
    ~ByteBudget() { SPILLWAY_ASSERT(used() == 0); }

    /// An empty reservation, to be grown.
    [[nodiscard]] Reservation reserve() noexcept;

    [[nodiscard]] std::size_t used() const noexcept {
        return used_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t max() const noexcept { return max_.load(std::memory_order_relaxed); }
    /// What is reserved stays, also above a lower one.
    void set_max(std::size_t max_bytes) noexcept {
        max_.store(max_bytes, std::memory_order_relaxed);
    }
    /// Nothing more can be reserved at this moment.
    [[nodiscard]] bool is_full() const noexcept { return used() >= max(); }

private:
    // Relaxed: the counter orders nothing but itself; the memory it counts is never shared by it.
    [[nodiscard]] bool try_take(std::size_t bytes) noexcept {
        const std::size_t most = max();
        std::size_t seen = used_.load(std::memory_order_relaxed);
        do {
            if (seen > most || bytes > most - seen) return false;
        } while (!used_.compare_exchange_weak(seen, seen + bytes, std::memory_order_relaxed));
        return true;
    }
    void give_back(std::size_t bytes) noexcept {
        const std::size_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
        SPILLWAY_ASSERT(before >= bytes);
    }

    std::atomic<std::size_t> max_;                  // read mostly: a line of its own
    alignas(64) std::atomic<std::size_t> used_{0};  // written by every shard
};

/// A part of the budget; given back when destroyed. One thread at a time.
class [[nodiscard]] ByteBudget::Reservation {
public:
    /// Holds nothing and cannot grow.
    Reservation() noexcept = default;
    explicit Reservation(ByteBudget& budget) noexcept : budget_(&budget) {}
    Reservation(Reservation&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept {
        if (this != &other) {
            release();
            budget_ = std::exchange(other.budget_, nullptr);
            size_ = std::exchange(other.size_, 0);
        }
        return *this;
    }
    ~Reservation() { release(); }

    /// `bytes` more, or false and nothing has changed.
    [[nodiscard]] bool try_grow(std::size_t bytes) noexcept {
        if (budget_ == nullptr || !budget_->try_take(bytes)) return false;
        size_ += bytes;
        return true;
    }
    /// Gives `bytes` back, at most size().
    void shrink(std::size_t bytes) noexcept {
        SPILLWAY_ASSERT(bytes <= size_);
        if (bytes == 0) return;
        size_ -= bytes;
        budget_->give_back(bytes);
    }
    /// Gives all back; the reservation can grow again.
    void release() noexcept { shrink(size_); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    ByteBudget* budget_ = nullptr;
    std::size_t size_ = 0;
};

inline ByteBudget::Reservation ByteBudget::reserve() noexcept { return Reservation(*this); }

}  // namespace spillway::core
