#include "telemetry/log.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <string>
#include <utility>

#include "spillway/async/steady_now.hpp"
#include "spillway/core/time.hpp"
#include "telemetry/descriptor_writer.hpp"

namespace spillway::telemetry {
namespace {

// One thread uses the sink, the logger's own; the mutex would guard nothing.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    LineSink(int descriptor, LogFormat format) : writer_(descriptor), format_(format) {}

    void give_up_at(core::TimePoint deadline) noexcept { writer_.give_up_at(deadline); }
    [[nodiscard]] std::uint64_t lost() const noexcept {
        return lost_.load(std::memory_order_relaxed);
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        line_.clear();
        append_line(line_, format_, static_cast<LogLevel>(message.level), message.time,
                    {message.payload.data(), message.payload.size()});
        if (!writer_.write(line_)) lost_.fetch_add(1, std::memory_order_relaxed);
    }
    void flush_() override {}

    DescriptorWriter writer_;
    LogFormat format_;
    std::string line_;                    // its capacity is kept from line to line
    std::atomic<std::uint64_t> lost_{0};  // a lone counter, hence relaxed
};

// spdlog's levels have `critical` between error and off; ours are the first five of them.
static_assert(static_cast<int>(LogLevel::error) == static_cast<int>(spdlog::level::err));

spdlog::level::level_enum to_spdlog(LogLevel level) noexcept {
    return level == LogLevel::off ? spdlog::level::off
                                  : static_cast<spdlog::level::level_enum>(level);
}

// Signals belong to the event loop; a SIGPIPE of this thread must not end the process.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    // But for those that tell of a fault of its own.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

struct Log::Impl {
    explicit Impl(const LogOptions& options)
        : format(options.format),
          flush_timeout(options.flush_timeout),
          pool(std::make_shared<spdlog::details::thread_pool>(
              std::max<std::size_t>(options.queue_lines_max, 1), 1, block_signals)),
          sink(std::make_shared<LineSink>(options.descriptor, options.format)),
          pool_view(pool),
          logger(std::make_shared<spdlog::async_logger>(
              "spillway", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {
        logger->set_level(to_spdlog(options.level));
        logger->set_error_handler(
            [this](const std::string&) { failed.fetch_add(1, std::memory_order_relaxed); });
    }

    const LogFormat format;
    const std::chrono::milliseconds flush_timeout;
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<LineSink> sink;
    const std::weak_ptr<spdlog::details::thread_pool> pool_view;  // for readers while close() runs
    std::shared_ptr<spdlog::async_logger> logger;
    std::atomic<bool> is_closed{false};    // a hint; the weak pointer in the logger is the guard
    std::atomic<std::uint64_t> failed{0};  // counters stand alone, hence relaxed
    std::atomic<std::uint64_t> overrun_at_close{0};
};

Log::Log(const LogOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Log::~Log() { close(); }

void Log::write(LogLevel level, std::string_view message, LogFields fields) noexcept {
    if (!is_on(level)) return;
    try {
        if (impl_->is_closed.load(std::memory_order_relaxed)) {
            impl_->failed.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        // Kept per thread: a line costs no allocation once the longest one has been seen.
        thread_local std::string body;
        body.clear();
        append_body(body, impl_->format, message, fields);
        impl_->logger->log(to_spdlog(level), spdlog::string_view_t(body.data(), body.size()));
    } catch (...) {
        impl_->failed.fetch_add(1, std::memory_order_relaxed);
    }
}

bool Log::is_on(LogLevel level) const noexcept {
    return level != LogLevel::off && impl_->logger->should_log(to_spdlog(level));
}

void Log::set_level(LogLevel level) noexcept { impl_->logger->set_level(to_spdlog(level)); }

std::uint64_t Log::dropped() const noexcept {
    const auto pool = impl_->pool_view.lock();
    const std::uint64_t overrun =
        pool ? pool->overrun_counter() : impl_->overrun_at_close.load(std::memory_order_relaxed);
    return overrun + impl_->sink->lost() + impl_->failed.load(std::memory_order_relaxed);
}

void Log::close() noexcept {
    if (impl_->is_closed.exchange(true, std::memory_order_relaxed)) return;
    impl_->sink->give_up_at(core::after(async::steady_now(), impl_->flush_timeout));
    impl_->overrun_at_close.store(impl_->pool->overrun_counter(), std::memory_order_relaxed);
    // Joins the thread: it writes what is queued, or, once the time is up, discards it at once.
    impl_->pool.reset();
}

}  // namespace spillway::telemetry
