// A server with handlers of its own: one that waits on the loop, one that computes on a pool, each
// behind a limiter, and a drain on SIGTERM. Try:
//
//     curl -i http://127.0.0.1:8090/pause
//     curl -i 'http://127.0.0.1:8090/primes?below=1000000'

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>

#include "drain_on_signal.hpp"
#include "spillway/admission/limiter.hpp"
#include "spillway/async/shard.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/async/worker_pool.hpp"
#include "spillway/http/exchange.hpp"
#include "spillway/http/server.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace spillway;

/// A loop handler: may await, must not block.
class Pause final : public http::Handler {
    struct PauseWork final : http::Work {
        async::Task<http::Reply> run(http::Exchange& exchange) override {
            asio::steady_timer timer(co_await asio::this_coro::executor, 100ms);
            // Ends early when the client leaves or the deadline passes.
            co_await timer.async_wait(asio::bind_cancellation_slot(
                exchange.cancellation_slot(), asio::as_tuple(async::use_task)));
            co_return http::Reply::text(200, "text/plain", "paused for 100 ms\n");
        }
    };
    http::BodyMode body_mode() const noexcept override { return http::BodyMode::discarded; }
    std::variant<std::unique_ptr<http::Work>, http::BadRequest> prepare(
        const http::RequestHead&) const override {
        return std::make_unique<PauseWork>();
    }
};

/// A job handler: may burn and block, asks its stop token now and then.
class Primes final : public http::Handler {
    struct PrimesWork final : http::JobWork {
        explicit PrimesWork(unsigned n) : below(n) {}
        http::Reply compute(const http::JobInput&, async::JobContext& context) override {
            unsigned found = 0;
            for (unsigned n = 2; n < below && !context.stop.stop_requested(); ++n) {
                bool is_prime = true;
                for (unsigned d = 2; d * d <= n && is_prime; ++d) is_prime = n % d != 0;
                found += is_prime ? 1 : 0;
            }
            return http::Reply::text(200, "text/plain", std::to_string(found) + " primes\n");
        }
        unsigned below;
    };
    http::BodyMode body_mode() const noexcept override { return http::BodyMode::discarded; }
    std::variant<std::unique_ptr<http::Work>, http::BadRequest> prepare(
        const http::RequestHead& head) const override {
        const auto query = http::decode_query(head.query());
        unsigned below = 0;
        if (!query || query->size() != 1 || query->front().first != "below")
            return http::BadRequest{"the one parameter is below"};
        const std::string& text = query->front().second;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), below);
        if (parsed.ptr != text.data() + text.size() || below < 2 || below > 10'000'000)
            return http::BadRequest{"below must be a whole number from 2 to 10000000"};
        return std::make_unique<PrimesWork>(below);
    }
};

class Quiet final : public http::Observer {
    bool wants(unsigned, bool) const noexcept override { return false; }
    void on_request(const http::AccessRecord&) noexcept override {}
    void on_handler_error(std::string_view, std::string_view) noexcept override {}
    void on_accept_error(std::string_view) noexcept override {}
};

}  // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context loop(1);
    const Pause pause;
    const Primes primes;
    Quiet observer;
    admission::Limiter pauses(loop.get_executor(), {.name = "pauses", .limit = 100});
    admission::Limiter cpu(loop.get_executor(),
                           {.name = "cpu", .limit = 2, .queue = {.capacity = 8}});
    async::WorkerPool pool({.name = "cpu", .workers = 2});
    async::ShardSet shards(1);
    http::ServerOptions options;
    options.listen = {"127.0.0.1:8090"};
    http::Server server(shards, options, observer);
    server.add_route({{.path = "/pause", .methods = {"GET"}}, &pause, &pauses});
    server.add_route({{.path = "/primes", .methods = {"GET"}}, &primes, &cpu, &pool});
    const auto listening = server.listen();
    for (const auto& bound : listening.bound) std::cout << "listening on " << bound.address << '\n';
    shards.run();
    server.start();
    asio::co_spawn(loop, drain_on_signal(server), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    });
    loop.run();

    const core::TimePoint until = core::after(async::steady_now(), 1s);
    pauses.stop();
    cpu.stop();
    const bool ended = pool.close(until) == async::Undone{} && server.stop(until);
    shards.stop();
    shards.join();
    return ended ? 0 : 1;
}
