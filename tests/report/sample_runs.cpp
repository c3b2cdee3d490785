#include "report/sample_runs.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "generator/histogram.hpp"
#include "generator/latency.hpp"

namespace spillway::loadtest::testing {

namespace {

using core::Duration;

constexpr double bin_s = 0.1;

Duration ms(double value) { return Duration{std::llround(value * 1e6)}; }

/// Tells of each request when it was offered, how it ended, when, and after which latency.
class Recorder {
public:
    explicit Recorder(std::size_t bins) : admitted_(bins), refused_(bins) {
        series.bin_s = bin_s;
        series.bins.resize(bins);
    }

    Bin& bin(double at_s) {
        const auto index = static_cast<std::size_t>(std::max(at_s, 0.0) / bin_s);
        return series.bins[std::min(index, series.bins.size() - 1)];
    }
    void offer(double at_s, Slice& phase) {
        ++bin(at_s).counts.offered;
        ++phase.counts.offered;
    }
    void end(double at_s, double latency_ms, std::uint64_t Counts::* how, Slice& phase) {
        ++(bin(at_s).counts.*how);
        ++(phase.counts.*how);
        if (how == &Counts::rejected) {
            refused.record(ms(latency_ms));
            refused_[index(at_s)].record(ms(latency_ms));
        } else if (how == &Counts::good || how == &Counts::late) {
            admitted.record(ms(latency_ms));
            admitted_[index(at_s)].record(ms(latency_ms));
        }
    }
    void finish() {
        for (std::size_t i = 0; i < series.bins.size(); ++i) {
            series.bins[i].admitted_p50_ms = to_ms(admitted_[i].at(0.5));
            series.bins[i].admitted_p99_ms = to_ms(admitted_[i].at(0.99));
            series.bins[i].refused_p99_ms = to_ms(refused_[i].at(0.99));
        }
    }

    TimeSeries series;
    Histogram admitted;
    Histogram refused;

private:
    [[nodiscard]] std::size_t index(double at_s) const {
        return std::min(static_cast<std::size_t>(at_s / bin_s), series.bins.size() - 1);
    }

    std::vector<Histogram> admitted_;
    std::vector<Histogram> refused_;
};

void add(Counts& sum, const Counts& counts) {
    sum.offered += counts.offered;
    sum.good += counts.good;
    sum.late += counts.late;
    sum.rejected += counts.rejected;
    sum.errors += counts.errors;
    sum.failed += counts.failed;
    sum.left += counts.left;
    sum.unsent += counts.unsent;
}

void describe_generator(Generator& generator) {
    Histogram delays;
    std::mt19937_64 engine{3};
    for (int i = 0; i < 20'000; ++i)
        delays.record(ms(0.01 + static_cast<double>(engine() % 90) / 1000));
    generator.delay = latency_of(delays);
    generator.cpu = 0.21;
    generator.cpu_max = 0.38;
    generator.connections_max = 256;
    generator.connections_opened = 131;
    generator.connections_peak = 131;
    generator.bytes_sent = 3'412'000;
    generator.bytes_received = 9'120'000;
}

void describe_server(Reconciliation& server) {
    server.url = "http://127.0.0.1:8080/metrics";
    server.checks = {{"received", 26'400, 26'400, 26'400, true},
                     {"rejected, queue_full", 21'001, 21'003, 21'002, true},
                     {"dropped", 0, 12, 4, true}};
}

/// Permits, a queue, and nothing else: requests in, endings out.
class Service {
public:
    explicit Service(Recorder& recorder) : recorder_(recorder), permits_(16, 0.0) {}

    void request(double at_s, double noise, Slice& phase) {
        recorder_.offer(at_s, phase);
        std::erase_if(waiting_, [=](double until) { return until <= at_s; });
        const auto free = std::min_element(permits_.begin(), permits_.end());
        const double begin_s = std::max(*free, at_s);
        if (waiting_.size() >= 64) {
            ++queue_full;
            return recorder_.end(at_s, 0.1 + noise * noise * 0.9, &Counts::rejected, phase);
        }
        if (begin_s - at_s > 0.2) {
            ++wait_timeout;
            waiting_.push_back(at_s + 0.2);
            return recorder_.end(at_s + 0.2, 200.2, &Counts::rejected, phase);
        }
        if (noise > 0.9995) return recorder_.end(at_s + 10, 0, &Counts::failed, phase);
        if (begin_s > at_s) waiting_.push_back(begin_s);
        *free = begin_s + 0.1;
        const double latency_ms = (begin_s - at_s) * 1000 + 100.3 + noise * 3;
        recorder_.end(begin_s + 0.1, latency_ms, latency_ms > 300 ? &Counts::late : &Counts::good,
                      phase);
    }
    void observe(double at_s) {
        const auto busy = std::count_if(permits_.begin(), permits_.end(),
                                        [=](double until) { return until > at_s; });
        std::erase_if(waiting_, [=](double until) { return until <= at_s; });
        recorder_.bin(at_s).limiters = {
            {16, static_cast<double>(busy), static_cast<double>(waiting_.size())}, {2, 0, 0}};
    }

    std::uint64_t queue_full = 0;
    std::uint64_t wait_timeout = 0;

private:
    Recorder& recorder_;
    std::vector<double> permits_;  // free from
    std::vector<double> waiting_;  // until
};

Result stalls(bool is_open) {
    Result result;
    result.scenario = "stalls";
    result.target = "http://127.0.0.1:9000";
    result.mode = is_open ? "open" : "closed";
    result.started_at = "2026-01-31T12:00:00Z";
    result.duration_s = result.planned_s = 20;
    result.objective_ms = 50;
    result.seed = 1;
    Recorder recorder{200};
    Slice phase;
    phase.name = "stalls";
    phase.duration_s = 20;
    std::mt19937_64 engine{7};
    constexpr double rate = 500;
    double at_s = 0;
    while (at_s < 20) {
        // Every five seconds the server stands still for half a second.
        const double into = std::fmod(at_s, 5.0);
        const double stall_s = into >= 2 && into < 2.5 ? 2.5 - into : 0;
        const double latency_ms =
            1.5 + static_cast<double>(engine() % 1000) / 1000 + stall_s * 1000;
        recorder.offer(at_s, phase);
        recorder.end(at_s + latency_ms / 1000, latency_ms,
                     latency_ms > 50 ? &Counts::late : &Counts::good, phase);
        at_s += is_open ? 1 / rate : std::max(latency_ms / 1000, 1 / rate);
    }
    recorder.finish();
    phase.admitted = latency_of(recorder.admitted);
    result.total = phase;
    result.phases = {phase};
    result.series = recorder.series;
    describe_generator(result.generator);
    describe_server(result.server);
    return result;
}

}  // namespace

Result step_run() {
    Result result;
    result.scenario = "step <b>& back</b>";
    result.target = "http://127.0.0.1:8080";
    result.mode = "open";
    result.started_at = "2026-01-31T12:00:00Z";
    result.planned_s = 37;
    result.duration_s = 37.1;
    result.objective_ms = 300;
    result.seed = 1;
    Recorder recorder{371};
    Service service{recorder};
    std::mt19937_64 engine{1};
    const auto uniform = [&] { return static_cast<double>(engine() >> 11U) * 0x1p-53; };
    struct Plan {
        const char* name;
        double seconds;
        double rate;
        bool measured;
    };
    double begin_s = 0;
    for (const Plan& plan : {Plan{"warm-up", 2, 80, false}, Plan{"before", 10, 80, true},
                             Plan{"overload", 15, 1600, true}, Plan{"after <now>", 10, 80, true}}) {
        Slice phase;
        phase.name = plan.name;
        phase.begin_s = begin_s;
        phase.duration_s = plan.seconds;
        phase.measured = plan.measured;
        double observed_s = begin_s;
        for (double at_s = begin_s; at_s < begin_s + plan.seconds;) {
            for (; observed_s <= at_s; observed_s += 0.25) service.observe(observed_s);
            service.request(at_s, uniform(), phase);
            at_s -= std::log(1 - uniform()) / plan.rate;
        }
        begin_s += plan.seconds;
        if (plan.measured) add(result.total.counts, phase.counts);
        result.phases.push_back(phase);
    }
    recorder.finish();
    result.series = recorder.series;
    result.series.limiters = {"drill", "resize"};
    result.total.name = "total";
    result.total.begin_s = 2;
    result.total.duration_s = 35;
    result.total.admitted = latency_of(recorder.admitted);
    result.total.refused = latency_of(recorder.refused);
    result.phases[2].admitted = result.total.admitted;
    result.phases[2].refused = result.total.refused;
    result.total.rejected_by = {{503, "queue_full", service.queue_full},
                                {503, "wait_timeout", service.wait_timeout}};
    result.total.failed_by = {{"timeout", result.total.counts.failed}};
    describe_generator(result.generator);
    describe_server(result.server);
    return result;
}

Result stalls_in_an_open_loop() { return stalls(true); }

Result stalls_in_a_closed_loop() { return stalls(false); }

Result failed_run() {
    Result result;
    result.scenario = "nobody there";
    result.target = "http://127.0.0.1:1";
    result.mode = "open";
    result.started_at = "2026-01-31T12:00:00Z";
    result.duration_s = result.planned_s = 1;
    result.objective_ms = 300;
    result.total.name = "total";
    result.total.duration_s = 1;
    result.total.counts = {.offered = 1000, .failed = 900, .unsent = 100};
    result.total.failed_by = {{"refused", 900}};
    result.total.unsent_by = {{"no_connection", 100}};
    result.phases = {result.total};
    result.series.bin_s = bin_s;
    result.series.bins.resize(10);
    for (Bin& bin : result.series.bins) bin.counts = {.offered = 100, .failed = 90, .unsent = 10};
    result.generator.is_bottleneck = true;
    result.generator.complaints = {"the clock of this machine stood still for 120 ms"};
    result.server.url = "http://127.0.0.1:1/metrics";
    result.server.unavailable = "connection refused";
    return result;
}

}  // namespace spillway::loadtest::testing
