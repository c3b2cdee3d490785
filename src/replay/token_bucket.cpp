#include "spillway/core/rate/token_bucket.hpp"

#include <cmath>

#include "replay/algorithm.hpp"
#include "replay/error.hpp"
#include "replay/relative_time.hpp"

namespace spillway::replay {
namespace {

using core::Duration;
using core::RateDecision;

constexpr std::int64_t billion = 1'000'000'000;

/// `rate` tokens a second, to eight decimals: as tokens in 100,000,000 seconds.
core::RateOptions options_for(double rate, std::int64_t burst) {
    constexpr std::int64_t scale = 100'000'000;
    core::RateOptions options;
    options.rate = static_cast<std::uint64_t>(std::llround(std::min(rate, 1e9) * scale));
    options.period = Duration{scale * billion};
    options.burst = static_cast<std::uint64_t>(burst);
    const auto problems = options.validate();
    if (!problems.empty()) throw Error(std::string(problems.front()));
    return options;
}

class Replay {
public:
    Replay(double rate, std::int64_t burst)
        : rate_(rate), burst_(burst), bucket_(options_for(rate, burst)) {}

    Answer operator()(const Fields& fields) {
        RelativeTime time = time_;
        const auto now = time.read(fields, 0);
        const auto op = fields.text(1);
        if (op == "A" || op == "R") {
            const auto n = static_cast<std::uint64_t>(fields.integer(2, "n", 0));
            time_ = time;
            return op == "A" ? answer(now, bucket_.allow(now, n))
                             : answer(now, bucket_.reserve(now, n, Duration::max()));
        }
        if (op == "P") {
            (void)fields.integer(2, "n");
        } else if (op == "L") {
            reconfigure(now, fields.number(2, "n"), burst_);
        } else if (op == "B") {
            reconfigure(now, rate_, fields.integer(2, "n", 1));
        } else {
            throw Error("op must be A, R, P, L or B");
        }
        time_ = time;
        return answer(now, true, Duration::zero());
    }

private:
    void reconfigure(core::TimePoint now, double rate, std::int64_t burst) {
        bucket_.reconfigure(now, options_for(rate, burst));
        rate_ = rate;
        burst_ = burst;
    }

    Answer answer(core::TimePoint now, const RateDecision& decision) const {
        return answer(now, decision.allowed,
                      decision.allowed ? decision.delay : decision.retry_after);
    }

    Answer answer(core::TimePoint now, bool ok, Duration wait) const {
        return Answer()
            .add(ok)
            .add(bucket_.tokens(now))
            .add(wait == Duration::max() ? -1 : wait.count());
    }

    double rate_;
    std::int64_t burst_;
    core::TokenBucket bucket_;
    RelativeTime time_;
};

}  // namespace

Instance make_token_bucket(const Params& params) {
    const double rate = params.number("rate_per_s", positive);
    return Replay(rate, params.integer("burst", 1, count_max));
}

}  // namespace spillway::replay
