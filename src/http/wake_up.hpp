#pragma once
// Lets one coroutine wait for something that a callback of the same shard will tell it.

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <optional>
#include <utility>

namespace spillway::http {

/// A single-waiter event without memory: notify() resumes the waiter at once, on the caller's
/// stack, or does nothing. Make notify() the last thing a callback does. Shard-local.
class WakeUp {
public:
    template <class Token>
    auto async_wait(Token&& token) {
        return boost::asio::async_initiate<Token, void()>(
            [this](auto handler) { waiter_.emplace(std::move(handler)); }, token);
    }

    void notify() {
        if (!waiter_) return;
        // Boost 1.81's any_completion_handler may only be move-constructed (fixed in 1.82).
        Handler waiter(std::move(*waiter_));
        waiter_.reset();
        std::move(waiter)();
    }

    [[nodiscard]] bool has_waiter() const noexcept { return waiter_.has_value(); }

private:
    using Handler = boost::asio::any_completion_handler<void()>;
    std::optional<Handler> waiter_;
};

}  // namespace spillway::http
