#include "handlers/drill_work.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <random>
#include <string_view>

namespace spillway::handlers {
namespace {

using core::Duration;
using core::TimePoint;

Duration thread_cpu_time() noexcept {
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

/// Some tens of microseconds of arithmetic that the compiler cannot leave out: long enough that the
/// clocks round it cost little, short enough to stop quickly.
void spin_briefly() noexcept {
    static thread_local volatile std::uint32_t sink = 1;
    std::uint32_t x = sink;
    for (int i = 0; i < 25'000; ++i) x = x * 1'664'525u + 1'013'904'223u;
    sink = x;
}

/// False when stopped before `amount` of CPU time was spent.
bool burn(Duration amount, const std::stop_token& stop, TimePoint deadline, TimePoint (*now)()) {
    const Duration end = thread_cpu_time() + amount;
    while (thread_cpu_time() < end) {
        if (stop.stop_requested() || now() >= deadline) return false;
        spin_briefly();
    }
    return true;
}

/// False when woken by a stop request, or by a deadline that lay before the end of the sleep.
bool sleep(Duration amount, const std::stop_token& stop, TimePoint deadline, TimePoint (*now)()) {
    const TimePoint start = now();
    const bool is_cut = core::after(start, amount) > deadline;
    const Duration length = is_cut ? std::max(deadline - start, Duration::zero()) : amount;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, length, [] { return false; });
    return !is_cut && !stop.stop_requested();
}

bool happens(double probability) {
    static thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator) < probability;
}

}  // namespace

DrillOutcome drill(const DrillParams& params, const std::stop_token& stop, TimePoint deadline,
                   TimePoint (*now)()) {
    if (stop.stop_requested() || now() >= deadline) return DrillOutcome::stopped;
    // The thread's CPU clock is a system call: not for drills that burn nothing.
    if (params.cpu_ms > 0 && !burn(std::chrono::milliseconds(params.cpu_ms), stop, deadline, now)) {
        return DrillOutcome::stopped;
    }
    if (params.sleep_ms > 0 &&
        !sleep(std::chrono::milliseconds(params.sleep_ms), stop, deadline, now)) {
        return DrillOutcome::stopped;
    }
    return params.fail > 0 && happens(params.fail) ? DrillOutcome::failed : DrillOutcome::done;
}

std::string drill_json(const DrillParams& params, std::uint64_t body_bytes) {
    return "{\"cpu_ms\":" + std::to_string(params.cpu_ms) +
           ",\"sleep_ms\":" + std::to_string(params.sleep_ms) +
           ",\"body_bytes\":" + std::to_string(body_bytes) + "}\n";
}

std::size_t DrillBody::next(std::span<char> out) noexcept {
    static constexpr std::string_view line =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n";
    const std::size_t total = std::min<std::size_t>(out.size(), bytes_ - made_);
    for (std::size_t done = 0; done < total;) {
        const std::string_view rest = line.substr(made_ % line.size());
        const std::size_t piece = std::min(rest.size(), total - done);
        std::memcpy(out.data() + done, rest.data(), piece);
        done += piece;
        made_ += static_cast<std::uint32_t>(piece);
    }
    return total;
}

}  // namespace spillway::handlers
