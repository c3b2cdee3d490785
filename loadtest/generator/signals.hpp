#pragma once
// SIGINT and SIGTERM as events of a loop.
//
// Not Asio's signal_set: it gives the signals their default back when it goes, and then one signal
// more than needed would end the process before it has told what it found.

#include <sys/signalfd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <csignal>
#include <functional>
#include <system_error>
#include <utility>

#include "spillway/async/shard.hpp"

namespace spillway::loadtest {

/// *Shard-local.* From its first use in a process on these signals end it no more, only those who
/// listen hear of them. Threads that are to take none are started after it.
class Signals {
public:
    /// `on_signal` is called from the loop, once for each that arrives. Throws std::system_error
    /// without a descriptor left.
    Signals(async::Executor executor, std::function<void()> on_signal)
        : on_signal_(std::move(on_signal)), descriptor_(executor, make()) {
        wait();
    }

private:
    static int make() {
        ::sigset_t wanted;
        ::sigemptyset(&wanted);
        ::sigaddset(&wanted, SIGINT);
        ::sigaddset(&wanted, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
        const int fd = ::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
        if (fd < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
        return fd;
    }
    void wait() {
        descriptor_.async_read_some(
            boost::asio::buffer(&received_, sizeof received_),
            [this](const boost::system::error_code& error, std::size_t bytes) {
                if (error == boost::asio::error::operation_aborted) return;
                if (!error && bytes == sizeof received_) on_signal_();
                wait();
            });
    }

    std::function<void()> on_signal_;
    boost::asio::posix::basic_stream_descriptor<async::Executor> descriptor_;
    ::signalfd_siginfo received_{};
};

}  // namespace spillway::loadtest
