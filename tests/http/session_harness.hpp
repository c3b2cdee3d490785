#pragma once
// A shard without a thread, a port or a clock: sessions on one end of socket pairs, driven step by
// step, and the account that must balance after every step.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/scripted_handler.hpp"
#include "http/session.hpp"
#include "http/shard_context.hpp"
#include "http/shared.hpp"
#include "http/virtual_time.hpp"
#include "http/wire_client.hpp"
#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/async/worker_pool.hpp"

namespace spillway::http::testing {

class QuietObserver final : public Observer {
public:
    [[nodiscard]] bool wants(unsigned, bool) const noexcept override { return !is_silent; }
    void on_request(const AccessRecord& record) noexcept override {
        last_path = record.path;
        ++requests;
    }
    void on_handler_error(std::string_view, std::string_view what) noexcept override {
        handler_errors.emplace_back(what);
    }
    void on_accept_error(std::string_view what) noexcept override {
        accept_errors.emplace_back(what);
    }

    bool is_silent = false;
    std::string last_path;
    std::uint64_t requests = 0;
    std::vector<std::string> handler_errors;
    std::vector<std::string> accept_errors;
};

class FixedPage final : public Page {
public:
    explicit FixedPage(std::string body) : body_(std::move(body)) {}
    [[nodiscard]] Content render() const override { return {200, "text/plain", body_}; }

private:
    std::string body_;
};

struct WorldOptions {
    ServerOptions server{.explain_records = 16};
    RouteOptions route{.methods = {"GET", "POST"}};
    admission::LimiterOptions limiter{.name = "only", .limit = 1, .queue = {.capacity = 1}};
    bool has_pool = false;
    std::optional<admission::QuotaOptions> quota{};  // on each route, one for all of them
    std::optional<admission::QuotaOptions> limiter_quota{};
};

/// Routes /loop, /drop (body discarded), /stream and, with a pool of one worker, /job, behind one
/// limiter; pages /page and /long.
class World {
public:
    explicit World(WorldOptions o = {}) : World(std::move(o), nullptr) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    /// Ends what is left, and then nothing may be left.
    ~World() {
        cut();
        for (int i = 0; i < 16; ++i) job.let_go();
        settle_jobs();
        check();
        expect_rest();
        EXPECT_TRUE(context->sessions.empty());
        EXPECT_TRUE(context->control_sessions.empty());
        EXPECT_EQ(connections(), 0U);
        limiter.stop();
        context->stop();
        settle();
    }

    // --- what happens -----------------------------------------------------------------------

    WireClient connect(ListenerKind kind = ListenerKind::open) {
        int pair[2];
        SPILLWAY_ASSERT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        // Small, so that a slow reader shows soon.
        const int small = 16 * 1024;
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
        Socket socket(loop.get_executor());
        socket.assign(boost::asio::ip::tcp::v4(), pair[0]);
        const auto k = static_cast<std::size_t>(kind);
        shared.connections[k].fetch_add(1);
        context->cells.listeners[k].accepted.add();
        const auto peer = boost::asio::ip::make_address("192.0.2.1");
        if (!context->adopt(std::move(socket), kind, peer, false)) {  // as its listener does
            shared.connections[k].fetch_sub(1);
            context->cells.listeners[k].closed.add();
        }
        return WireClient(pair[1]);
    }
    WireClient connect(std::string_view text) {
        WireClient client = connect();
        client.send(text);
        settle();
        return client;
    }
    /// Until nothing happens any more. Not inline: what runs in it can be counted (tests/cost).
    [[gnu::noinline]] void settle() {
        loop.restart();
        while (loop.poll() > 0) {
        }
    }
    /// Until no job runs and nothing happens any more.
    void settle_jobs() {
        settle();
        if (!pool) return;
        pool->close(core::never);
        settle();
    }
    /// One turn of the loop, when there is something to do; waits for the pool if need be.
    void turn() {
        loop.restart();
        loop.run_one();
        settle();
    }
    void advance(core::Duration by) {
        virtual_time = virtual_now() + by;
        limiter.tick(virtual_now());
        context->sweeper.sweep(virtual_now());
        settle();
    }
    void begin_drain(core::Duration grace = std::chrono::milliseconds(500)) {
        shared.idle_grace_ns = grace.count();
        shared.closing = true;
        context->begin_closing();
        settle();
    }
    void cut() {
        context->cut_all(ListenerKind::open);
        context->cut_all(ListenerKind::control);
        settle();
    }

    // --- what is counted ----------------------------------------------------------------------

    [[nodiscard]] std::uint64_t received() const { return sum(&RouteCells::received); }
    [[nodiscard]] std::uint64_t accepted() const { return sum(&RouteCells::accepted); }
    [[nodiscard]] std::uint64_t rejected(core::RejectReason reason) const {
        return sum(&RouteCells::rejected, reason);
    }
    [[nodiscard]] std::uint64_t dropped(core::DropReason reason) const {
        return sum(&RouteCells::dropped, reason);
    }
    [[nodiscard]] std::uint64_t finished(core::Ending ending) const {
        return sum(&RouteCells::finished, ending);
    }
    [[nodiscard]] std::uint64_t pending() const {
        return received() - accepted() - all(&RouteCells::rejected) - all(&RouteCells::dropped);
    }
    [[nodiscard]] std::uint64_t http_errors(unsigned status) const {
        std::map<unsigned, std::uint64_t> sums;
        context->cells.http_errors.add_to(sums);
        return sums[status];
    }
    [[nodiscard]] std::uint32_t in_flight() const { return limiter.occupancy().in_flight; }
    [[nodiscard]] std::uint32_t waiting() const { return limiter.occupancy().waiting; }
    [[nodiscard]] std::uint32_t held() const {
        std::uint32_t held = 0;
        for (const auto& record : shared.known.records())
            if (record->is_first) held += record->state->held.load();
        return held;
    }
    [[nodiscard]] std::size_t connections() const { return shared.connections[0].load(); }
    [[nodiscard]] std::size_t uploads() {
        std::size_t used = 0;
        for (const auto& record : shared.known.records()) {
            if (!record->is_first) continue;
            used +=
                record->state->uploads.with([](core::UploadSlots& slots) { return slots.used(); });
        }
        return used;
    }

    /// True at every moment, between any two handlers of the loop.
    void check() const {
        const std::uint64_t ended =
            accepted() + all(&RouteCells::rejected) + all(&RouteCells::dropped);
        ASSERT_GE(received(), ended);
        ASSERT_GE(accepted(), all(&RouteCells::finished));
        ASSERT_LE(in_flight(), limiter.occupancy().limit);
        ASSERT_LE(waiting(), limiter.capacity());
        ASSERT_LE(shared.body_memory.used(), options().body_memory_max);
        ASSERT_LE(shared.response_memory.used(), options().response_memory_max);
        const auto& cells = context->cells;
        ASSERT_GE(cells.requests_begun.value(), cells.requests_ended.value());
        ASSERT_EQ(context->sessions.size(), shared.connections[0].load());
        ASSERT_EQ(context->control_sessions.size(), shared.connections[1].load());
    }
    /// True whenever no request is under way.
    void expect_rest() {
        EXPECT_EQ(pending(), 0U);
        EXPECT_EQ(accepted(), all(&RouteCells::finished));
        EXPECT_EQ(in_flight(), 0U);
        EXPECT_EQ(waiting(), 0U);
        EXPECT_EQ(shared.body_memory.used(), 0U);
        EXPECT_EQ(shared.response_memory.used(), 0U);
        EXPECT_EQ(uploads(), 0U);
        EXPECT_EQ(held(), 0U);
        EXPECT_EQ(context->cells.requests_begun.value(), context->cells.requests_ended.value());
    }

    const ServerOptions& options() const { return context->options(); }

    /// Other options and routes from now on.
    void reconfigure(ServerOptions options, const RouteOptions& route) {
        shared.settings = shared.known.settings(std::move(options), specs(route), shared.pages, 1);
        context->set_settings(shared.settings);
    }
    [[nodiscard]] std::uint32_t settings_retired() const { return shared.retired_settings.load(); }

private:
    World(WorldOptions o, std::nullptr_t)
        : loop_handler(loop.get_executor(), BodyMode::buffered),
          drop_handler(loop.get_executor(), BodyMode::discarded),
          stream_handler(loop.get_executor(), BodyMode::streamed),
          limiter(o.limiter, &virtual_now),
          quota(made(std::move(o.quota))),
          limiter_quota(made(std::move(o.limiter_quota))),
          shared(o.server, observer) {
        virtual_time = the_beginning;
        shared.now = &virtual_now;
        if (o.has_pool)
            pool = std::make_unique<async::WorkerPool>(async::PoolOptions{
                .workers = 1, .queue = limiter.occupancy().limit, .scheduling = {}});
        shared.pages = {{"/page", &page, true, true}, {"/long", &long_page, true, true}};
        shared.settings =
            shared.known.settings(std::move(o.server), specs(o.route), shared.pages, 1);
        context = std::make_unique<ShardContext>(loop.get_executor(), shared, 0, 1);
        context->peers.push_back(context.get());
    }

    static std::shared_ptr<admission::Quota> made(std::optional<admission::QuotaOptions> options) {
        return options ? std::make_shared<admission::Quota>(std::move(*options)) : nullptr;
    }
    [[nodiscard]] std::vector<RouteSpec> specs(const RouteOptions& route) {
        std::vector<RouteSpec> all;
        const auto add = [&](const char* path, const Handler& handler) {
            all.push_back({.options = route,
                           .handler = &handler,
                           .limiter = &limiter,
                           .pool = pool.get(),
                           .quota = quota,
                           .limiter_quota = limiter_quota});
            all.back().options.path = path;
        };
        add("/loop", loop_handler);
        add("/drop", drop_handler);
        add("/stream", stream_handler);
        if (pool) add("/job", job);
        return all;
    }

    [[nodiscard]] std::uint64_t sum(core::Counter RouteCells::* counter) const {
        std::uint64_t n = 0;
        for (const auto& record : shared.known.records())
            n += ((*record->cells[0]).*counter).value();
        return n;
    }
    template <std::size_t N, class Index>
    [[nodiscard]] std::uint64_t sum(std::array<core::Counter, N> RouteCells::* counters,
                                    Index index) const {
        std::uint64_t n = 0;
        for (const auto& record : shared.known.records())
            n += ((*record->cells[0]).*counters)[static_cast<std::size_t>(index)].value();
        return n;
    }
    template <std::size_t N>
    [[nodiscard]] std::uint64_t all(std::array<core::Counter, N> RouteCells::* counters) const {
        std::uint64_t n = 0;
        for (std::size_t i = 0; i < N; ++i) n += sum(counters, i);
        return n;
    }

public:
    // What frames touch first, then the loop that may hold them.
    QuietObserver observer;
    FixedPage page{"a page"};
    FixedPage long_page{std::string(100'000, 'p')};
    boost::asio::io_context loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};  // as a shard's
    LoopHandler loop_handler, drop_handler, stream_handler;
    JobHandler job;
    admission::Limiter limiter;
    std::shared_ptr<admission::Quota> quota, limiter_quota;
    std::unique_ptr<async::WorkerPool> pool;
    Shared shared;
    std::unique_ptr<ShardContext> context;
};

/// A request's text. `more` are field lines, each with its line ending.
inline std::string request(std::string_view method, std::string_view target,
                           std::string_view more = {}, std::string_view body = {}) {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: a\r\n").append(more);
    if (!body.empty()) text.append("Content-Length: " + std::to_string(body.size()) + "\r\n");
    return text.append("\r\n").append(body);
}
inline std::string get(std::string_view target, std::string_view more = {}) {
    return request("GET", target, more);
}
inline std::string post(std::string_view target, std::string_view body,
                        std::string_view more = {}) {
    return request("POST", target, more, body);
}
inline constexpr std::string_view chunked = "Transfer-Encoding: chunked\r\n";

}  // namespace spillway::http::testing
