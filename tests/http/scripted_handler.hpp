#pragma once
// Handlers whose work ends when the test says so.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "spillway/async/worker_pool.hpp"
#include "spillway/core/assert.hpp"
#include "spillway/http/exchange.hpp"
#include "spillway/http/handler.hpp"

namespace spillway::http::testing {

/// Works on the loop until it is let go or its request is over. Give it the query "now" to have it
/// answer at once, "bad" to have it refused by prepare(), "fault" to have that throw.
class LoopHandler final : public Handler {
public:
    using Finish = std::function<Reply(Exchange&)>;

    LoopHandler(async::Executor executor, BodyMode mode) : executor_(executor), mode_(mode) {}

    [[nodiscard]] BodyMode body_mode() const noexcept override { return mode_; }
    [[nodiscard]] std::variant<std::unique_ptr<Work>, BadRequest> prepare(
        const RequestHead& head) const override {
        if (head.query() == "fault") throw std::runtime_error("prepare() has a bug");
        if (head.query() == "bad") return BadRequest{"there is \"bad\" in the query"};
        return std::make_unique<HeldWork>(*this, head.query() == "now");
    }

    /// How many are at work.
    [[nodiscard]] std::size_t working() const { return held_.size(); }
    /// Ends the one that has worked longest, with what `finish` makes; a 200 of the body by
    /// default.
    void let_go(Finish finish = echo) const {
        HeldWork& work = *held_.front();
        held_.pop_front();
        work.finish = std::move(finish);
        work.timer.cancel();
    }
    static Reply echo(Exchange& exchange) {
        const auto body = exchange.body();
        return Reply::text(
            200, "text/plain",
            std::to_string(exchange.body_bytes()) + ":" + std::string(body.begin(), body.end()));
    }

private:
    struct HeldWork final : Work {
        HeldWork(const LoopHandler& h, bool now) : handler(h), timer(h.executor_), is_quick(now) {}
        async::Task<Reply> run(Exchange& exchange) override {
            if (handler.mode_ == BodyMode::streamed) {
                for (;;) {
                    const auto piece = co_await exchange.read_some();
                    if (piece.empty()) break;
                    streamed.append(piece.begin(), piece.end());
                }
            }
            if (!is_quick && !exchange.is_over()) {
                timer.expires_at(std::chrono::steady_clock::time_point::max());
                const auto place = handler.held_.insert(handler.held_.end(), this);
                auto token = boost::asio::bind_cancellation_slot(
                    exchange.cancellation_slot(), boost::asio::as_tuple(async::use_task));
                co_await timer.async_wait(token);
                if (!finish) handler.held_.erase(place);  // cancelled, not let go
            }
            if (!streamed.empty())
                co_return Reply::text(200, "text/plain", std::exchange(streamed, {}));
            co_return finish ? finish(exchange) : echo(exchange);
        }

        const LoopHandler& handler;
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          async::Executor>
            timer;
        bool is_quick;
        Finish finish;
        std::string streamed;
    };

    async::Executor executor_;
    BodyMode mode_;
    mutable std::list<HeldWork*> held_;
};

/// Works on the pool until it is let go or asked to stop; with the query "now" it answers at once.
class JobHandler final : public Handler {
public:
    [[nodiscard]] BodyMode body_mode() const noexcept override { return BodyMode::buffered; }
    [[nodiscard]] std::variant<std::unique_ptr<Work>, BadRequest> prepare(
        const RequestHead& head) const override {
        return std::make_unique<HeldJob>(*this, head.query() == "throw", head.query() == "now");
    }

    /// One job may end, now or when it comes to run.
    void let_go() const {
        const std::lock_guard lock(mutex_);
        ++let_go_;
        changed_.notify_all();
    }
    /// Waits for it; on the test's thread.
    void await_running(int count) const {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return running_ == count; });
    }
    void await_stopped(int count) const {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ == count; });
    }
    /// Jobs that are asked to stop go on until they are let go all the same.
    void make_stubborn() const { is_stubborn_ = true; }
    /// Until the one worker of `pool` has done all that it can: what it has completed is posted.
    void await_worker(async::WorkerPool& pool) const {
        std::unique_lock lock(mutex_);
        if (!is_marked_) {
            is_marked_ = true;  // the mark stands behind all jobs so far
            lock.unlock();
            const bool taken = pool.submit([this](async::JobContext&) {
                const std::lock_guard held(mutex_);
                is_marked_ = false;
                changed_.notify_all();
            });
            SPILLWAY_ASSERT(taken);
            lock.lock();
        }
        changed_.wait(lock, [this] { return !is_marked_ || is_held(); });
    }

private:
    struct HeldJob final : JobWork {
        HeldJob(const JobHandler& h, bool throwing, bool now)
            : handler(h), throws(throwing), is_quick(now) {}
        Reply compute(const JobInput& input, async::JobContext& context) override {
            if (is_quick) return Reply::text(200, "text/plain", "done");
            return handler.compute(input, context, throws);
        }
        const JobHandler& handler;
        bool throws;
        bool is_quick;
    };

    Reply compute(const JobInput& input, async::JobContext& context, bool throws) const {
        {
            std::unique_lock lock(mutex_);
            ++running_;
            stop_ = context.stop;
            changed_.notify_all();
            const auto may_end = [this] { return let_go_ > 0; };
            const bool let = is_stubborn_ ? (changed_.wait(lock, may_end), true)
                                          : changed_.wait(lock, context.stop, may_end);
            if (let) --let_go_;
            --running_;
            stopped_ += static_cast<int>(context.stop.stop_requested());
            changed_.notify_all();
        }
        if (throws) throw std::runtime_error("the job failed");
        return Reply::text(200, "text/plain", std::string(input.body.begin(), input.body.end()));
    }

    [[nodiscard]] bool is_held() const {
        return running_ > 0 && let_go_ == 0 && (is_stubborn_ || !stop_.stop_requested());
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    mutable int let_go_ = 0, running_ = 0, stopped_ = 0;
    mutable bool is_stubborn_ = false;
    mutable bool is_marked_ = false;
    mutable std::stop_token stop_;  // of the one that began last
};

/// A body of `size` times 'x', made as it is sent.
class XSource final : public BodySource {
public:
    explicit XSource(std::uint64_t size, std::uint64_t stops_at = UINT64_MAX)
        : size_(size), left_(std::min(size, stops_at)) {}
    [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
    [[nodiscard]] std::size_t next(std::span<char> piece) override {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left_));
        std::fill_n(piece.begin(), n, 'x');
        left_ -= n;
        return n;
    }

private:
    std::uint64_t size_;
    std::uint64_t left_;
};

inline Reply x_reply(std::uint64_t size, std::uint64_t stops_at = UINT64_MAX) {
    Reply reply;
    reply.source = std::make_unique<XSource>(size, stops_at);
    return reply;
}

}  // namespace spillway::http::testing
