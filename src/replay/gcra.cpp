#include "spillway/core/rate/gcra.hpp"

#include <cmath>

#include "replay/algorithm.hpp"
#include "replay/error.hpp"
#include "replay/relative_time.hpp"

namespace spillway::replay {
namespace {

using core::FullAt;
using core::GcraRule;
using core::Pace;
using core::TimePoint;

core::RateOptions checked(core::RateOptions options) {
    const auto problems = options.validate();
    if (!problems.empty()) throw Error(std::string(problems.front()));
    return options;
}

class Replay {
public:
    explicit Replay(const core::RateOptions& options)
        : unit_ns_(static_cast<double>(options.period.count()) / static_cast<double>(options.rate)),
          rule_(checked(options)) {}

    Answer operator()(const Fields& fields) {
        RelativeTime time = time_;
        const TimePoint now = time.read(fields, 0);
        const auto cost = static_cast<std::uint64_t>(fields.integer(2, "cost", 0));
        if (fields.text(1) != "N" && fields.text(1) != "M") throw Error("op must be N or M");
        time_ = time;
        return fields.text(1) == "N" ? all_or_nothing(now, cost) : at_most(now, cost);
    }

private:
    Answer all_or_nothing(TimePoint now, std::uint64_t cost) {
        const auto decision = rule_.take(state_, now, cost);
        if (!decision.allowed && cost > rule_.burst()) return refused(now, beyond(now, cost));
        if (!decision.allowed) return refused(now, decision.retry_after.count());
        state_ = decision.full_at;
        return granted(now, cost);
    }

    // What is there is taken, fractions of a unit included.
    Answer at_most(TimePoint now, std::uint64_t cost) {
        const auto one = rule_.take(state_, now, 1);
        if (!one.allowed) return refused(now, one.retry_after.count());
        const Pace::Ticks unit = rule_.pace().per_unit();
        const Pace::Ticks from = std::max(state_.ticks, rule_.pace().ticks(now));
        const Pace::Ticks room = rule_.burst_ticks() - (from - rule_.pace().ticks(now));
        const auto wanted = static_cast<Pace::Ticks>(std::min(cost, rule_.burst())) * unit;
        const Pace::Ticks taken = std::min(wanted, room);
        state_ = FullAt{from + taken};
        return granted(now, static_cast<std::uint64_t>(taken / unit));
    }

    // The reference names a time even for a cost that will never fit.
    [[nodiscard]] std::int64_t beyond(TimePoint now, std::uint64_t cost) const {
        const auto over = static_cast<double>(cost - rule_.burst()) * unit_ns_;
        const auto reset = static_cast<double>(rule_.standing(state_, now).full_after.count());
        return static_cast<std::int64_t>(std::min(over + reset, 9e18));
    }

    [[nodiscard]] Answer granted(TimePoint now, std::uint64_t allowed) const {
        const auto standing = rule_.standing(state_, now);
        return Answer()
            .add(allowed)
            .add(standing.remaining)
            .add(-1)
            .add(standing.full_after.count());
    }

    [[nodiscard]] Answer refused(TimePoint now, std::int64_t retry_after_ns) const {
        return Answer()
            .add(0)
            .add(0)
            .add(retry_after_ns)
            .add(rule_.standing(state_, now).full_after.count());
    }

    double unit_ns_;
    GcraRule rule_;
    FullAt state_;
    RelativeTime time_;
};

/// All in nanoseconds and whole microseconds, as redis-cell has it.
class CellReplay {
public:
    explicit CellReplay(const core::RateOptions& options)
        : unit_ns_(options.period.count()), rule_(checked(options)) {}

    Answer operator()(const Fields& fields) {
        RelativeTime time = time_;
        const TimePoint now = time.read(fields, 0);
        const auto quantity = static_cast<std::uint64_t>(fields.integer(1, "quantity", 0));
        time_ = time;
        const auto decision = rule_.take(state_, now, quantity);
        state_ = decision.full_at;
        const std::int64_t ttl = rule_.standing(state_, now).full_after.count();
        const bool helps = !decision.allowed && decision.retry_after != core::Duration::max();
        return Answer()
            .add(!decision.allowed)
            .add(remaining(ttl))
            .add(helps ? decision.retry_after.count() : -1'000'000'000)
            .add(ttl);
    }

private:
    [[nodiscard]] std::int64_t remaining(std::int64_t ttl) const {
        const std::int64_t room = rule_.burst_ticks() - ttl;
        const std::int64_t unit_us = unit_ns_ / 1000;
        return room > -unit_ns_ && unit_us > 0 ? room / 1000 / unit_us : 0;
    }

    std::int64_t unit_ns_;
    GcraRule rule_;
    FullAt state_;
    RelativeTime time_;
};

constexpr Range seconds{1e-9, 1e9};

}  // namespace

Instance make_gcra(const Params& params) {
    core::RateOptions options;
    options.burst = static_cast<std::uint64_t>(params.integer("burst", 1, count_max));
    options.rate = static_cast<std::uint64_t>(params.integer("rate", 1, int64_max));
    options.period = core::Duration{std::llround(params.number("period_s", seconds) * 1e9)};
    (void)params.number("clock_offset_s", {});  // shifts the reference's rounding, nothing else
    return Replay(options);
}

Instance make_gcra_cell(const Params& params) {
    core::RateOptions options;
    options.burst = static_cast<std::uint64_t>(params.integer("max_burst", 0, count_max)) + 1;
    const std::int64_t period_ns = std::llround(params.number("period_s", seconds) * 1e9);
    options.rate = 1;
    options.period = core::Duration{period_ns / params.integer("count", 1, period_ns)};
    return CellReplay(options);
}

}  // namespace spillway::replay
