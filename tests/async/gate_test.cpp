#include "spillway/async/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace spillway::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr core::TimePoint long_ago{};

struct Waited {
    bool ended = false;
    error_code error;
};

auto into(Waited& waited, asio::io_context& loop) {
    return asio::bind_executor(loop.get_executor(), [&waited](error_code error) {
        waited.ended = true;
        waited.error = error;
    });
}

TEST(Gate, counts_what_is_inside) {
    Gate gate;
    {
        auto first = gate.try_enter();
        ASSERT_TRUE(first);
        auto second = gate.try_enter();
        EXPECT_EQ(gate.count(), 2U);
        auto moved = std::move(*first);
        EXPECT_EQ(gate.count(), 2U);
        *second = std::move(moved);
        EXPECT_EQ(gate.count(), 1U);
    }
    EXPECT_EQ(gate.count(), 0U);
    EXPECT_FALSE(gate.is_closed());
}

TEST(Gate, waits_for_the_last_one_out_after_close) {
    asio::io_context loop(1);
    Gate gate;
    Waited waited;
    auto guard = gate.try_enter();
    gate.async_wait(into(waited, loop));

    gate.close();
    EXPECT_FALSE(gate.try_enter());
    loop.poll();
    EXPECT_FALSE(waited.ended);
    EXPECT_FALSE(gate.wait_until(long_ago));

    // The last one leaves: the wait ends, but not on its stack.
    guard.reset();
    EXPECT_FALSE(waited.ended);
    EXPECT_TRUE(gate.wait_until(long_ago));
    loop.poll();
    EXPECT_TRUE(waited.ended);
    EXPECT_FALSE(waited.error);
}

TEST(Gate, an_empty_open_gate_is_not_drained) {
    asio::io_context loop(1);
    Gate gate;
    Waited waited;
    gate.async_wait(into(waited, loop));
    (void)gate.try_enter();
    loop.poll();
    EXPECT_FALSE(waited.ended);
    gate.close();
    gate.close();
    loop.poll();
    EXPECT_TRUE(waited.ended);

    // Once drained, a wait ends at once, but posted.
    Waited again;
    gate.async_wait(into(again, loop));
    EXPECT_FALSE(again.ended);
    loop.restart();
    loop.poll();
    EXPECT_TRUE(again.ended);
}

TEST(Gate, a_cancelled_wait_ends_and_another_may_follow) {
    asio::io_context loop(1);
    Gate gate;
    asio::cancellation_signal signal;
    Waited first;
    gate.async_wait(asio::bind_cancellation_slot(signal.slot(), into(first, loop)));
    signal.emit(asio::cancellation_type::total);
    loop.poll();
    EXPECT_TRUE(first.ended);
    EXPECT_EQ(first.error, asio::error::operation_aborted);

    Waited second;
    gate.async_wait(into(second, loop));
    signal.emit(asio::cancellation_type::total);  // its slot is empty now
    loop.restart();
    loop.poll();
    EXPECT_FALSE(second.ended);
    gate.close();
    loop.poll();
    EXPECT_TRUE(second.ended);
}

TEST(GateDeathTest, destroying_it_with_somebody_inside_ends_the_process) {
    EXPECT_DEATH(
        {
            auto gate = std::make_unique<Gate>();
            const auto guard = gate->try_enter();
            gate.reset();
        },
        "invariant broken");
}

TEST(Gate, hammer_ends_exactly_when_all_have_left_and_nobody_enters_after) {
    for (int round = 0; round < 200; ++round) {
        auto gate = std::make_unique<Gate>();
        std::atomic<int> inside = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&, g = gate.get()] {
                for (int i = 0; i < 50; ++i) {
                    const auto guard = g->try_enter();
                    if (!guard) return;
                    ++inside;
                    --inside;
                }
            });
        }
        gate->close();
        EXPECT_TRUE(gate->wait_until(core::never));
        EXPECT_EQ(inside, 0);
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(gate->count(), 0U);
    }
}

}  // namespace
}  // namespace spillway::async
