#pragma once
// What all limit algorithms share: the columns now_ns,rtt_ns,inflight,did_drop -> limit_after, and
// the parameters that bound them.

#include "replay/algorithm.hpp"
#include "spillway/core/limit/sample.hpp"

namespace spillway::replay {

inline constexpr std::size_t limit_inputs = 4;

struct LimitSample {
    core::TimePoint now;
    core::Sample sample;
};

/// `rtt_min_ns` is the least that the algorithm can use.
[[nodiscard]] LimitSample read_limit_sample(const Fields& fields, std::int64_t rtt_min_ns = 1);

[[nodiscard]] std::uint32_t read_initial_limit(const Params& params);
[[nodiscard]] std::uint32_t read_max_limit(const Params& params);
/// Refused above `max`.
[[nodiscard]] std::uint32_t read_min_limit(const Params& params, std::uint32_t max);

/// An instance of any algorithm with on_sample() and limit().
template <class Limit>
[[nodiscard]] Instance replay_samples(Limit limit) {
    return [limit = std::move(limit)](const Fields& fields) mutable {
        const LimitSample in = read_limit_sample(fields);
        limit.on_sample(in.now, in.sample);
        return Answer().add(limit.limit());
    };
}

}  // namespace spillway::replay
