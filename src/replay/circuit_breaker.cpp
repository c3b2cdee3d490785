#include "spillway/core/circuit_breaker.hpp"

#include <unordered_map>

#include "replay/algorithm.hpp"
#include "replay/error.hpp"

namespace spillway::replay {
namespace {

using core::CircuitBreaker;
using core::Duration;
using core::Outcome;
using core::TimePoint;

class Replay {
public:
    Replay(const CircuitBreaker::Options& options, TimePoint start) : breaker_(options, start) {}

    Answer operator()(const Fields& fields) {
        const TimePoint now{Duration{fields.integer(0, "now_ns")}};
        const auto op = fields.text(1);
        const std::int64_t id = fields.integer(2, "id");
        if (op.size() != 1) refuse_op();
        return answer(now, apply(now, op.front(), id));
    }

private:
    int apply(TimePoint now, char op, std::int64_t id) {
        switch (op) {
            case 'B':
                return begin(now, id);
            case 'S':
                return finish(now, id, Outcome::success);
            case 'F':
                return finish(now, id, Outcome::overloaded);
            case 'X':
                return finish(now, id, Outcome::ignored);
            case 'Q':
                return 1;
            default:
                refuse_op();
        }
    }

    int begin(TimePoint now, std::int64_t id) {
        const auto [verdict, pass] = breaker_.try_pass(now);
        if (verdict == CircuitBreaker::Verdict::admitted) outstanding_.insert_or_assign(id, pass);
        switch (verdict) {
            case CircuitBreaker::Verdict::admitted:
                return 1;
            case CircuitBreaker::Verdict::open:
                return 0;
            case CircuitBreaker::Verdict::half_open_full:
                break;
        }
        return 2;
    }

    int finish(TimePoint now, std::int64_t id, Outcome outcome) {
        const auto found = outstanding_.find(id);
        if (found == outstanding_.end()) return 0;
        breaker_.finish(now, found->second, outcome);
        outstanding_.erase(found);
        return 1;
    }

    Answer answer(TimePoint now, int result) {
        const auto state = to_string(breaker_.state(now));
        const auto& counts = breaker_.counts();
        return Answer()
            .add(result)
            .add_text(state)
            .add(counts.requests)
            .add(counts.successes)
            .add(counts.failures)
            .add(counts.exclusions)
            .add(counts.consecutive_successes)
            .add(counts.consecutive_failures);
    }

    [[noreturn]] static void refuse_op() { throw Error("op must be B, S, F, X or Q"); }

    CircuitBreaker breaker_;
    std::unordered_map<std::int64_t, CircuitBreaker::Pass> outstanding_;
};

Duration duration(const Params& params, std::string_view name) {
    return Duration{params.integer(name, 0, int64_max / 4)};
}

}  // namespace

Instance make_circuit_breaker(const Params& params) {
    CircuitBreaker::Options options;
    const auto trials = params.integer("half_open_max_requests", 0, count_max);
    options.half_open_max_requests = trials == 0 ? 1 : static_cast<std::uint32_t>(trials);
    options.interval = duration(params, "interval_ns");
    options.bucket_period = duration(params, "bucket_period_ns");
    options.open_timeout = duration(params, "open_timeout_ns");
    if (options.open_timeout == Duration::zero()) options.open_timeout = std::chrono::seconds{60};

    if (const auto n = params.integer_or_null("trip_consecutive_failures_gt", 0, count_max)) {
        options.trip_consecutive_failures_gt = static_cast<std::uint32_t>(*n);
    }
    options.trip_min_requests = static_cast<std::uint32_t>(
        params.integer_or_null("trip_min_requests", 0, count_max).value_or(0));
    options.trip_failure_ratio_ge = params.number_or_null("trip_failure_ratio_ge", {0, 1});
    if (!options.trip_consecutive_failures_gt && !options.trip_failure_ratio_ge) {
        options.trip_consecutive_failures_gt = 5;
    }
    const TimePoint start{Duration{params.integer("start_ns", -int64_max, int64_max)}};
    const auto problems = options.validate();
    if (!problems.empty()) throw Error(std::string(problems.front()));
    return Replay(options, start);
}

}  // namespace spillway::replay
