#pragma once
// The drain primitive: stop new work from starting, and know when the work inside has ended.

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/error_code.hpp>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "spillway/async/posted_completion.hpp"
#include "spillway/async/unique_function.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

/// Counts what is inside; once closed, nothing enters. Thread-safe; entering and leaving are
/// lock-free, but for the last one out of a closed gate. The gate must outlive its guards; its
/// destructor checks that.
class Gate {
public:
    /// Whoever holds it is inside. Move-only; leaves when destroyed, on any thread.
    class [[nodiscard]] Guard {
    public:
        Guard(Guard&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Guard& operator=(Guard&& other) noexcept {
            Guard taken(std::move(other));
            std::swap(gate_, taken.gate_);
            return *this;
        }
        ~Guard() {
            if (gate_ != nullptr) gate_->leave();
        }

    private:
        friend class Gate;
        explicit Guard(Gate* gate) noexcept : gate_(gate) {}
        Gate* gate_;
    };

    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate();

    /// nullopt once closed.
    [[nodiscard]] std::optional<Guard> try_enter() noexcept;

    /// Lets nobody in any more. Idempotent.
    void close();

    [[nodiscard]] bool is_closed() const noexcept { return (word_.load() & closed_bit) != 0; }
    /// How many are inside.
    [[nodiscard]] std::uint64_t count() const noexcept { return word_.load() & ~closed_bit; }

    /// Completes with `void(error_code)` when the gate is closed and empty: posted, never inline;
    /// operation_aborted after a cancellation of any type. One wait at a time, until its
    /// handler has run. The handler needs an executor of its own, and its loop must live until
    /// then.
    template <class Token>
    auto async_wait(Token&& token) {
        return boost::asio::async_initiate<Token, Signature>(StartWait{}, token, this);
    }

    /// Blocks until the gate is closed and empty (true) or `deadline` has come (false). Never on a
    /// loop thread.
    [[nodiscard]] bool wait_until(core::TimePoint deadline);

private:
    using Signature = void(boost::system::error_code);
    using Waiter = UniqueFunction<Signature>;
    static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;

    struct Cancel {
        Gate* gate;
        void operator()(boost::asio::cancellation_type) { gate->cancel_wait(); }
    };

    struct StartWait {
        template <class Handler>
        void operator()(Handler&& handler, Gate* gate) const {
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            PostedCompletion<std::decay_t<Handler>> completion(std::forward<Handler>(handler));
            if (slot.is_connected()) slot.template emplace<Cancel>(Cancel{gate});
            gate->start_wait(Waiter(std::move(completion)));
        }
    };

    void leave() noexcept;
    void start_wait(Waiter waiter);
    void cancel_wait();
    void finish();

    // Guards inside, and the closed bit. Default (sequentially consistent) order: whoever sees the
    // gate closed and empty also sees what the guards' holders did inside.
    std::atomic<std::uint64_t> word_{0};

    std::mutex mutex_;
    std::condition_variable drained_changed_;
    bool drained_ = false;  // under the lock, as is the waiter
    Waiter waiter_;
};

}  // namespace spillway::async
