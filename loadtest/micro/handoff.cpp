// One round trip shard -> worker -> shard, and nothing else: CPU time, latency and sleeps per job.
//
//   spillway-handoff DEPTH WORKERS SPIN_US JOBS GAP_US
//
// GAP_US 0: a closed loop that keeps DEPTH jobs under way. Else each of the DEPTH chains pauses
// that long between its jobs: low load, where both threads sleep in between. One JSON object out.

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

#include "spillway/async/shard.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/async/worker_pool.hpp"

namespace {

using namespace spillway;

struct Options {
    unsigned depth = 1;
    unsigned workers = 1;
    unsigned spin_us = 0;
    unsigned jobs = 100'000;
    unsigned gap_us = 0;
};

/// Shard-local but for the job itself.
class Chains {
public:
    Chains(const Options& options, async::Shard& shard, async::WorkerPool& pool)
        : options_(options), shard_(shard), pool_(pool), left_(options.jobs) {
        latencies_.reserve(options.jobs);
        timers_.reserve(options.depth);
        for (unsigned i = 0; i < options.depth; ++i) timers_.emplace_back(shard.context());
    }

    void begin() {
        for (unsigned i = 0; i < options_.depth; ++i) submit(i);
    }

    std::vector<core::Duration>& latencies() noexcept { return latencies_; }

private:
    void submit(unsigned chain) {
        if (left_ == 0) return;
        --left_;
        const core::TimePoint begun = async::steady_now();
        pool_.async_run([](async::JobContext&) {}, core::never,
                        boost::asio::bind_executor(
                            shard_.executor(), [this, chain, begun](const async::RunResult<void>&) {
                                latencies_.push_back(async::steady_now() - begun);
                                again(chain);
                            }));
    }

    void again(unsigned chain) {
        if (options_.gap_us == 0) return submit(chain);
        timers_[chain].expires_after(std::chrono::microseconds(options_.gap_us));
        timers_[chain].async_wait([this, chain](boost::system::error_code) { submit(chain); });
    }

    const Options options_;
    async::Shard& shard_;
    async::WorkerPool& pool_;
    unsigned left_;
    std::vector<boost::asio::steady_timer> timers_;
    std::vector<core::Duration> latencies_;
};

struct Spent {
    double cpu_us = 0;
    double sleeps = 0;
};

Spent spent() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    return {us(usage.ru_utime) + us(usage.ru_stime), static_cast<double>(usage.ru_nvcsw)};
}

double percentile_us(std::vector<core::Duration>& sorted, double part) {
    const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    return core::to_seconds(sorted[at]) * 1e6;
}

void measure(const Options& options) {
    async::Shard shard;
    async::WorkerPool pool({.name = "worker",
                            .workers = options.workers,
                            .queue = options.depth,
                            .scheduling = {.policy = async::WorkerScheduling::Policy::batch},
                            .spin = std::chrono::microseconds(options.spin_us)});
    Chains chains(options, shard, pool);
    boost::asio::post(shard.executor(), [&chains] { chains.begin(); });
    const Spent before = spent();
    const core::TimePoint begun = async::steady_now();
    shard.run("shard-0");
    shard.join();  // ends when no job is under way and no timer runs
    const double seconds = core::to_seconds(async::steady_now() - begun);
    const Spent after = spent();

    auto& latencies = chains.latencies();
    std::sort(latencies.begin(), latencies.end());
    const double jobs = options.jobs;
    std::printf(
        "{\"depth\": %u, \"workers\": %u, \"spin_us\": %u, \"gap_us\": %u, \"jobs\": %u, "
        "\"jobs_per_second\": %.0f, \"cpu_us\": %.3f, \"sleeps\": %.3f, \"p50_us\": %.1f, "
        "\"p99_us\": %.1f}\n",
        options.depth, options.workers, options.spin_us, options.gap_us, options.jobs,
        jobs / seconds, (after.cpu_us - before.cpu_us) / jobs,
        (after.sleeps - before.sleeps) / jobs, percentile_us(latencies, 0.5),
        percentile_us(latencies, 0.99));
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    unsigned* const fields[] = {&options.depth, &options.workers, &options.spin_us, &options.jobs,
                                &options.gap_us};
    if (argc != 6) return std::fputs("usage: DEPTH WORKERS SPIN_US JOBS GAP_US\n", stderr), 2;
    for (int i = 0; i < 5; ++i) {
        const char* const text = argv[i + 1];
        const char* const end = text + std::strlen(text);
        if (std::from_chars(text, end, *fields[i]).ptr != end) return 2;
    }
    if (options.depth == 0 || options.workers == 0 || options.jobs == 0) return 2;
    measure(options);
}
