// What a queue is worth, found without a server: the very queue that the service runs, in virtual
// time. Ten minutes of random arrivals at 90 % and at twice the capacity, for several queues.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <iostream>
#include <queue>
#include <random>
#include <unordered_map>
#include <vector>

#include "spillway/core/admission_queue.hpp"

namespace {

using namespace std::chrono_literals;
using spillway::core::AdmissionQueue;
using spillway::core::Duration;
using spillway::core::TimePoint;

constexpr std::uint32_t permits = 4;
constexpr Duration mean_service = 20ms;
constexpr Duration wait_timeout = 200ms;
constexpr Duration simulated = 10min;

struct Tally {
    std::uint64_t granted = 0, full = 0, expired = 0;
    std::vector<Duration> waits{};
};

Tally simulate(double load, std::uint32_t capacity) {
    std::mt19937_64 dice(1);
    const auto draw = [&dice](Duration mean) {
        std::exponential_distribution<double> d(1.0 / static_cast<double>(mean.count()));
        return Duration(static_cast<Duration::rep>(d(dice)));
    };
    const Duration gap(
        static_cast<Duration::rep>(static_cast<double>(mean_service.count()) / permits / load));

    AdmissionQueue queue(permits, capacity);
    std::priority_queue<TimePoint, std::vector<TimePoint>, std::greater<>> ends;
    std::unordered_map<std::uint32_t, TimePoint> since;  // of the waiters, by ticket index
    Tally tally;
    const auto serve = [&](TimePoint now, Duration waited) {
        ends.push(now + draw(mean_service));
        ++tally.granted;
        tally.waits.push_back(waited);
    };

    TimePoint arrival{};
    while (arrival < TimePoint(simulated)) {
        const TimePoint end = ends.empty() ? spillway::core::never : ends.top();
        const TimePoint now = std::min({arrival, end, queue.next_deadline()});
        if (now == end) {
            ends.pop();
            queue.release();
        } else if (now == arrival) {
            const auto verdict = queue.arrive(now, {.deadline = now + wait_timeout});
            if (verdict.is_granted()) serve(now, {});
            if (verdict.is_queued()) since[verdict.ticket().index] = now;
            if (verdict.is_refused()) ++tally.full;
            arrival = now + draw(gap);
        }
        while (const auto departure = queue.next(now)) {
            if (departure->is_granted()) {
                serve(now, now - since[departure->ticket.index]);
            } else {
                ++tally.expired;
            }
        }
    }
    return tally;
}

}  // namespace

int main() {
    std::cout << "  load  capacity  served/s  queue_full  wait_timeout  wait p50  wait p99\n"
              << std::fixed << std::setprecision(1);
    for (const double load : {0.9, 2.0}) {
        for (const std::uint32_t capacity : {0U, 4U, 16U, 64U, 256U}) {
            Tally t = simulate(load, capacity);
            const auto offered = static_cast<double>(t.granted + t.full + t.expired);
            const auto percent = [offered](std::uint64_t n) {
                return 100.0 * static_cast<double>(n) / offered;
            };
            std::ranges::sort(t.waits);
            const auto wait_ms = [&t](std::size_t p) {
                return spillway::core::to_seconds(t.waits[t.waits.size() * p / 100]) * 1000;
            };
            std::cout << std::setw(6) << load << std::setw(10) << capacity << std::setw(10)
                      << static_cast<double>(t.granted) / spillway::core::to_seconds(simulated)
                      << std::setw(10) << percent(t.full) << " %" << std::setw(12)
                      << percent(t.expired) << " %" << std::setw(7) << wait_ms(50) << " ms"
                      << std::setw(7) << wait_ms(99) << " ms\n";
        }
    }
}
