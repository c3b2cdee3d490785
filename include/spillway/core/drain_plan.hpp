#pragma once
// The way from serving to gone, without losing a request that was sent in time.
//
//     serving     until the first signal
//     lame_duck   readiness fails, all else as before: load balancers look away
//     sweeping    no new handshakes; what has completed one is still accepted, until the backlog
//                 has stayed empty for sweep_quiet (at most sweep_max)
//     draining    listeners closed; requests are finished, quiet connections closed
//     ended       nothing is left, or the time was up
//
// `timeout` runs from the end of the lame duck, sweeping included. Each further signal skips to the
// next phase; while draining it cuts.
//
// The end: draining ends at the first update that reports neither a request nor a connection left.
// The shell closes a connection without a request at idle_close_at(), so an idle one holds the end
// back by its idle_grace at most, and a request that crosses on the wire still finds an open
// socket. At the timeout it ends whatever is left; it was a cut only if a request was among it.

#include <cstdint>
#include <optional>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. `now` must not go back.
class DrainPlan {
public:
    enum class Phase : std::uint8_t { serving, lame_duck, sweeping, draining, ended };

    struct Options {
        Duration lame_duck = Duration::zero();
        Duration idle_grace = std::chrono::milliseconds{500};
        Duration timeout = std::chrono::seconds{30};
        Duration sweep_quiet = std::chrono::milliseconds{5};
        Duration sweep_max = std::chrono::seconds{1};
    };

    /// What the shell sees at this moment.
    struct Progress {
        /// Nothing was accepted since the last update and nothing is there to accept.
        bool backlog_empty = false;
        /// Requests of which a byte has come and whose reply has not been written.
        std::uint64_t requests_left = 0;
        /// Open connections of the listeners that drain, those with a request included.
        std::uint64_t connections_left = 0;
    };

    explicit DrainPlan(Options options) noexcept : options_(options) {}

    /// A signal has come: the first begins the drain, each further one skips to the next phase.
    /// A cut takes effect at the next update(), where it is known what it cuts.
    Phase signal(TimePoint now) noexcept;

    /// Moves on when time or progress say so, by one phase at most: each is returned once at least,
    /// so a shell that compares with the phase before knows when to do what the phase asks for.
    /// Call at next_deadline() and whenever something has ended or was accepted.
    Phase update(TimePoint now, Progress progress) noexcept;

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    /// When update() is due at the latest, or `never`.
    [[nodiscard]] TimePoint next_deadline() const noexcept;
    /// When a connection without a request is to be closed: after idle_grace of quiet since its
    /// last reply or the end of the lame duck, whichever is later. `never` before that.
    [[nodiscard]] TimePoint idle_close_at(TimePoint last_reply) const noexcept;
    /// It ended while requests were left.
    [[nodiscard]] bool was_cut() const noexcept { return was_cut_; }
    /// The instant at which what is left will be cut, or `never` while serving.
    [[nodiscard]] TimePoint cut_at() const noexcept;
    /// How long the drain may still take: Retry-After while draining.
    [[nodiscard]] Duration left(TimePoint now) const noexcept;

private:
    void enter_sweeping(TimePoint at) noexcept;
    [[nodiscard]] bool is_swept(TimePoint now, Progress progress) noexcept;

    Options options_;
    Phase phase_ = Phase::serving;
    bool was_cut_ = false;
    TimePoint lame_duck_end_ = never;
    TimePoint sweep_began_ = never;  // the end of the lame duck, as it happened
    TimePoint quiet_since_ = never;  // sweeping: the backlog has been seen only empty since
    TimePoint cut_at_ = never;
};

}  // namespace spillway::core
