// A generator that allocates for each request would measure its allocator. Counted, not timed: many
// requests on one connection must cost as many allocations as a few.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "generator/engine.hpp"
#include "generator/target.hpp"
#include "loadtest/stalling_server.hpp"

namespace {

thread_local std::uint64_t allocations = 0;  // the server's thread has its own

void* counted(std::size_t bytes) noexcept {
    ++allocations;
    return std::malloc(bytes);
}

}  // namespace

// The nothrow pair too: std::stable_sort allocates by it and frees by the other.
void* operator new(std::size_t bytes) {
    void* const memory = counted(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;

/// What a run of half a second at `rate` allocates, from its begin to its end.
std::uint64_t allocations_at(double rate, const std::string& path, const std::string& answer) {
    StallingServer server({}, 1, answer);
    scenario::Scenario scenario;
    scenario.target = server.url();
    scenario.metrics = "none";
    scenario.connections = 1;  // so that how many are open does not depend on the machine
    scenario.timeout = 60s;
    scenario.clients["all"].path = path;
    scenario::Phase phase;
    phase.name = "all";
    phase.length = 500ms;
    phase.rate = scenario::Rate{rate, rate};
    scenario.phases.push_back(phase);
    const auto target = parse_target(scenario.target);
    std::string why;
    const auto endpoint = reach(*target, why);
    if (!endpoint) throw std::runtime_error(why);
    boost::asio::io_context context{1};
    EngineOptions options;
    options.connection_wait = 60s;
    Engine engine(context, scenario, *endpoint, target->authority, options);
    const std::uint64_t before = allocations;
    engine.run();
    const std::uint64_t after = allocations;
    Result result;
    engine.report(result);
    const auto& counts = result.total.counts;
    EXPECT_EQ(counts.offered, static_cast<std::uint64_t>(rate / 2));
    EXPECT_EQ(counts.good + counts.late + counts.rejected, counts.offered);
    EXPECT_EQ(result.generator.connections_opened, 1u);
    return after - before;
}

TEST(Allocations, more_requests_on_a_connection_cost_none) {
    const std::string refusal =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
        "Retry-After: 2\r\nContent-Length: 23\r\n\r\n{\"reason\":\"queue_full\"}";
    allocations_at(40, "/0", StallingServer::ok);  // what is allocated once in a process
    for (const std::string path : {"/0", "/{random}"}) {
        for (const std::string& answer : {std::string(StallingServer::ok), refusal}) {
            const auto few = allocations_at(40, path, answer);
            const auto many = allocations_at(2000, path, answer);
            EXPECT_EQ(few, many) << path << ' ' << answer.substr(0, 12);
        }
    }
}

}  // namespace
}  // namespace spillway::loadtest
