#pragma once
// Wakes a loop at an instant, to the microsecond.
//
// Asio's own timers round through a queue and cancel a wait to move it; here the instant moves with
// each arrival, so the kernel's timer is set directly, by one call, and only before the loop
// blocks.

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "spillway/async/shard.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// *Shard-local.*
class Alarm {
public:
    /// Throws std::system_error without a descriptor left.
    explicit Alarm(async::Executor executor) : descriptor_(executor, make()) { wait(); }

    /// Lets the loop's next blocking call return by then. O(1), one system call when `at` is new.
    void set(core::TimePoint at) {
        if (at == set_to_) return;
        set_to_ = at;
        // A zero would switch it off; what has passed fires at once.
        const auto ns = at == core::never
                            ? std::int64_t{0}
                            : std::max<std::int64_t>(at.time_since_epoch().count(), 1);
        const ::itimerspec when{{0, 0}, {ns / 1'000'000'000, ns % 1'000'000'000}};
        ::timerfd_settime(descriptor_.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr);
    }

private:
    static int make() {
        const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (fd < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
        return fd;
    }
    void wait() {
        descriptor_.async_read_some(boost::asio::buffer(expirations_),
                                    [this](const boost::system::error_code& error, std::size_t) {
                                        if (error == boost::asio::error::operation_aborted) return;
                                        set_to_ = core::never;
                                        wait();
                                    });
    }

    boost::asio::posix::basic_stream_descriptor<async::Executor> descriptor_;
    std::array<char, sizeof(std::uint64_t)> expirations_{};
    core::TimePoint set_to_ = core::never;
};

}  // namespace spillway::loadtest
