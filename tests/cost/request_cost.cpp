// What one request costs the thread that answers it, counted and not timed: allocations by a
// counting operator new, instructions by callgrind, told to collect within Loop::run only.
//
//   request_cost KIND CONNECTIONS ROUNDS
//
// In each round every connection sends one request, and the loop runs until all are answered. The
// clients take their turns as a handler of the same run of the loop, uncounted: Asio keeps blocks
// for frames and operations as long as a run lasts, and a service has one run.

#include <valgrind/callgrind.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string_view>

#include "http/session_harness.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};  // of all threads

void* counted(std::size_t bytes, std::size_t alignment) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void* memory = alignment <= alignof(std::max_align_t) ? std::malloc(bytes)
                                                          : std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;

struct Kind {
    std::string_view name;
    std::string_view target;
    int status;
};

constexpr Kind kinds[] = {
    {"refused", "/loop", 503},       // the queue is full
    {"page", "/page", 200},          // bypasses admission
    {"admitted", "/loop?now", 200},  // limiter, handler on the loop
    {"pooled", "/job?now", 200},     // limiter, a job on a worker thread and back
    {"over_quota", "/loop", 429},    // a tenant's own
    {"within_quota", "/loop?now", 200},
};

struct Loop {
    [[gnu::noinline]] static void run(boost::asio::io_context& loop) {
        loop.restart();
        loop.run();
    }
};

class Measurement {
public:
    Measurement(const Kind& kind, std::size_t connections)
        : kind_(kind),
          text_("GET " + std::string(kind.target) + " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"),
          world_({.route = route(kind),
                  .limiter = {.name = "only",
                              .limit = kind.status == 503 ? 1U : 64U,
                              .queue = {.capacity = kind.status == 503 ? 1U : 64U}},
                  .has_pool = kind.name == "pooled",
                  .quota = quota(kind)}) {
        world_.observer.is_silent = true;
        if (kind.status == 429) {  // spends the only unit
            fillers_.push_back(world_.connect(get("/loop")));
            world_.loop_handler.let_go();
            world_.settle();
        }
        if (kind.status == 503)  // one holds the permit, one fills the queue
            for (int i = 0; i < 2; ++i) fillers_.push_back(world_.connect(get("/loop")));
        for (std::size_t i = 0; i < connections; ++i) clients_.push_back(world_.connect());
        world_.settle();
    }

    /// Allocations of `rounds`, once as many as `warm_up` have made buffers, rings and caches.
    std::uint64_t run(std::uint64_t warm_up, std::uint64_t rounds) {
        counted_rounds_ = rounds;
        rounds_left_ = warm_up + rounds;
        begin_a_second();
        begin_round();
        boost::asio::post(world_.loop, [this] { take_turn(); });
        Loop::run(world_.loop);
        return allocations_;
    }

private:
    static RouteOptions route(const Kind& kind) {
        RouteOptions options = WorldOptions{}.route;
        if (kind.name.ends_with("_quota")) options.tenant = {.from = TenantOptions::From::address};
        return options;
    }
    static std::optional<spillway::admission::QuotaOptions> quota(const Kind& kind) {
        if (!kind.name.ends_with("_quota")) return std::nullopt;
        const bool is_over = kind.status == 429;
        return spillway::admission::QuotaOptions{
            .name = "quota",
            .rate = {.rate = is_over ? 1U : 1'000'000U,
                     .period = is_over ? core::Duration(24h) : core::Duration(1s),
                     .burst = is_over ? 1U : 1'000'000U}};
    }

    /// Prepared refusals carry the Date, and are written anew when its second is over: none is
    /// while these rounds last (45 ms of virtual time, well within what a refusal is kept for).
    void begin_a_second() {
        auto& date = world_.context->date;
        for (;;) {
            static_cast<void>(date.at(virtual_now()));
            if (date.valid_until() - virtual_now() > 200ms) return;
            virtual_time = date.valid_until();
        }
    }

    void begin_round() {
        // As at some 100,000 requests a second: Date and Retry-After are written anew at times.
        virtual_time = virtual_now() + 10us * clients_.size();
        for (auto& client : clients_) client.send(text_);
        answered_ = 0;
    }

    /// Between two turns of the loop. Answers come in the order in which the requests were sent.
    void take_turn() {
        CALLGRIND_TOGGLE_COLLECT;
        while (answered_ < clients_.size() && has_answer(clients_[answered_])) ++answered_;
        const bool is_over = answered_ == clients_.size() && end_round();
        CALLGRIND_TOGGLE_COLLECT;
        if (is_over) return world_.loop.stop();
        boost::asio::post(world_.loop, [this] { take_turn(); });
    }

    /// True after the last one.
    bool end_round() {
        if (--rounds_left_ == counted_rounds_) {
            CALLGRIND_ZERO_STATS;
            allocations_before_ = allocations;
        }
        if (rounds_left_ > 0) {
            begin_round();
            return false;
        }
        allocations_ = allocations - allocations_before_;
        CALLGRIND_DUMP_STATS;
        return true;
    }

    bool has_answer(WireClient& client) {
        char answer[4096];
        const std::size_t size = client.read_into(answer);
        if (size == 0) return false;
        int status = 0;
        if (size > 12) std::from_chars(answer + 9, answer + 12, status);
        SPILLWAY_ASSERT(status == kind_.status);
        return true;
    }

    const Kind& kind_;
    const std::string text_;
    World world_;
    std::vector<WireClient> fillers_;
    std::vector<WireClient> clients_;
    std::uint64_t rounds_left_ = 0;
    std::uint64_t counted_rounds_ = 0;
    std::uint64_t allocations_before_ = 0;
    std::uint64_t allocations_ = 0;
    std::size_t answered_ = 0;
};

}  // namespace
}  // namespace spillway::http::testing

int main(int argc, char** argv) {
    using namespace spillway::http::testing;
    const std::string_view name = argc > 1 ? argv[1] : "";
    for (const Kind& kind : kinds) {
        if (kind.name != name || argc != 4) continue;
        const auto connections = static_cast<std::size_t>(std::atoi(argv[2]));
        const auto rounds = static_cast<std::uint64_t>(std::atoi(argv[3]));
        Measurement measurement(kind, connections);
        const std::uint64_t made = measurement.run(20, rounds);
        std::cout << "requests " << rounds * connections << " allocations " << made << '\n';
        return 0;
    }
    std::cerr << "usage: request_cost refused|page|admitted|pooled CONNECTIONS ROUNDS\n";
    return 2;
}
