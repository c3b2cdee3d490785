#include "spillway/core/circuit_breaker.hpp"

#include <algorithm>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

std::int64_t buckets_for(const CircuitBreaker::Options& options) noexcept {
    if (options.interval == Duration::zero() || options.bucket_period == Duration::zero()) return 1;
    // The interval is rounded up to whole buckets.
    return (options.interval - Duration{1}) / options.bucket_period + 1;
}

}  // namespace

std::vector<std::string_view> CircuitBreaker::Options::validate() const {
    std::vector<std::string_view> problems;
    if (half_open_max_requests == 0) {
        problems.emplace_back("half_open_max_requests must be at least 1");
    }
    if (open_timeout <= Duration::zero()) problems.emplace_back("open_timeout must be above 0");
    if (interval < Duration::zero()) problems.emplace_back("interval must not be negative");
    if (bucket_period < Duration::zero())
        problems.emplace_back("bucket_period must not be negative");
    if (slow_after < Duration::zero()) problems.emplace_back("slow_after must not be negative");
    const auto ratio = trip_failure_ratio_ge;
    if (ratio && !(*ratio >= 0 && *ratio <= 1)) {
        problems.emplace_back("trip_failure_ratio_ge must be from 0 to 1");
    }
    if (!ratio && !trip_consecutive_failures_gt) problems.emplace_back("a rule to trip is missing");
    if (problems.empty() && buckets_for(*this) > static_cast<std::int64_t>(buckets_max)) {
        problems.emplace_back("interval must be at most 10000 times bucket_period");
    }
    return problems;
}

CircuitBreaker::CircuitBreaker(const Options& options, TimePoint start)
    : options_(options), began_(start), latest_(start) {
    SPILLWAY_ASSERT(options.validate().empty());
    const std::int64_t buckets = buckets_for(options);
    buckets_.resize(static_cast<std::size_t>(buckets));
    if (options.bucket_period > Duration::zero() && options.interval > Duration::zero()) {
        options_.interval = buckets * options.bucket_period;
    }
}

CircuitBreaker::Admission CircuitBreaker::try_pass(TimePoint now) noexcept {
    advance(now);
    if (state_ == State::open) return {Verdict::open, {}};
    if (state_ == State::half_open &&
        counts_.requests - counts_.exclusions >= options_.half_open_max_requests) {
        return {Verdict::half_open_full, {}};
    }
    ++counts_.requests;
    ++buckets_[bucket_ % buckets_.size()].requests;
    return {Verdict::admitted, {epoch_, bucket_, now}};
}

void CircuitBreaker::finish(TimePoint now, const Pass& pass, Outcome outcome) noexcept {
    advance(now);
    if (pass.epoch != epoch_ || bucket_ - pass.bucket >= buckets_.size()) return;
    Counts& bucket = buckets_[pass.bucket % buckets_.size()];
    if (outcome == Outcome::ignored) {
        ++counts_.exclusions;
        ++bucket.exclusions;
        return;
    }
    const bool is_slow =
        options_.slow_after > Duration::zero() && now - pass.began >= options_.slow_after;
    if (outcome == Outcome::success && !is_slow) {
        count_success(bucket);
        if (state_ == State::half_open &&
            counts_.consecutive_successes >= options_.half_open_max_requests) {
            begin_epoch(now, State::closed);
        }
        return;
    }
    count_failure(bucket);
    if (state_ == State::half_open || trips()) begin_epoch(now, State::open);
}

void CircuitBreaker::advance(TimePoint now) noexcept {
    latest_ = std::max(latest_, now);
    if (state_ == State::open) {
        if (now > after(began_, options_.open_timeout)) begin_epoch(now, State::half_open);
    } else if (state_ == State::closed && options_.interval > Duration::zero()) {
        if (buckets_.size() > 1) {
            roll_to(static_cast<std::uint64_t>(std::max(now - began_, Duration::zero()) /
                                               options_.bucket_period));
        } else if (now > after(began_, options_.interval)) {
            begin_epoch(now, State::closed);
        }
    }
}

void CircuitBreaker::begin_epoch(TimePoint now, State state) noexcept {
    state_ = state;
    began_ = now;
    ++epoch_;
    bucket_ = 0;
    counts_ = {};
    std::fill(buckets_.begin(), buckets_.end(), Counts{});
}

void CircuitBreaker::roll_to(std::uint64_t bucket) noexcept {
    if (bucket <= bucket_) return;
    if (bucket - bucket_ >= buckets_.size()) {
        counts_ = {};
        std::fill(buckets_.begin(), buckets_.end(), Counts{});
        bucket_ = bucket;
        return;
    }
    while (bucket_ < bucket) {
        ++bucket_;
        Counts& oldest = buckets_[bucket_ % buckets_.size()];
        forget(oldest);
        oldest = {};
    }
}

// A run that fills the whole interval loses the part that the oldest bucket holds of it.
void CircuitBreaker::forget(const Counts& oldest) noexcept {
    if (counts_.consecutive_successes ==
        counts_.successes - oldest.successes + oldest.consecutive_successes) {
        counts_.consecutive_successes -= oldest.consecutive_successes;
    }
    if (counts_.consecutive_failures ==
        counts_.failures - oldest.failures + oldest.consecutive_failures) {
        counts_.consecutive_failures -= oldest.consecutive_failures;
    }
    counts_.requests -= oldest.requests;
    counts_.successes -= oldest.successes;
    counts_.failures -= oldest.failures;
    counts_.exclusions -= oldest.exclusions;
}

void CircuitBreaker::count_success(Counts& bucket) noexcept {
    for (Counts* counts : {&counts_, &bucket}) {
        ++counts->successes;
        ++counts->consecutive_successes;
        counts->consecutive_failures = 0;
    }
}

void CircuitBreaker::count_failure(Counts& bucket) noexcept {
    for (Counts* counts : {&counts_, &bucket}) {
        ++counts->failures;
        ++counts->consecutive_failures;
        counts->consecutive_successes = 0;
    }
}

bool CircuitBreaker::trips() const noexcept {
    if (options_.trip_consecutive_failures_gt &&
        counts_.consecutive_failures > *options_.trip_consecutive_failures_gt) {
        return true;
    }
    return options_.trip_failure_ratio_ge && counts_.requests > 0 &&
           counts_.requests >= options_.trip_min_requests &&
           static_cast<double>(counts_.failures) / counts_.requests >=
               *options_.trip_failure_ratio_ge;
}

}  // namespace spillway::core
