#pragma once
// The side of a hand-over that gives: what it does about whatever comes, one peer at a time.
//
//     open        nobody is here; a peer may come
//     greeting    a peer is here and has said nothing yet
//     lent        it has the sockets; both accept
//     over        it is ready, we accept no more; for good
//
// Until the peer is ready nothing has changed for anybody: if it leaves, says something else or
// takes too long, the sockets are ours alone again.

#include <chrono>
#include <cstdint>
#include <optional>

#include "app/handover_message.hpp"
#include "spillway/core/time.hpp"

namespace spillway::app {

/// *Pure*; a regular value. `now` must not go back.
class HandoverPlan {
public:
    enum class Phase : std::uint8_t { open, greeting, lent, over };
    enum class Action : std::uint8_t {
        nothing,
        turn_away,        // the newcomer, not the peer: "busy"
        refuse_version,   // and drop the peer
        send_sockets,     // they are lent from now on
        release,          // stop accepting, tell the peer, begin the drain
        drop_peer,        // it had nothing yet
        drop_and_resume,  // it had the sockets; they are not lent any more
    };
    struct Options {
        core::Duration greeting = std::chrono::seconds(2);
        core::Duration ready = std::chrono::seconds(30);
    };

    HandoverPlan() noexcept = default;
    explicit HandoverPlan(Options options) noexcept : options_(options) {}

    [[nodiscard]] Action on_connect(core::TimePoint now) noexcept;
    /// From the peer; nothing: it was no message.
    [[nodiscard]] Action on_message(core::TimePoint now,
                                    const std::optional<handover::Message>& message) noexcept;
    /// The peer has left, or cannot be spoken to.
    [[nodiscard]] Action on_gone() noexcept;
    /// Call at next_deadline().
    [[nodiscard]] Action on_time(core::TimePoint now) noexcept;

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] core::TimePoint next_deadline() const noexcept { return deadline_; }

private:
    [[nodiscard]] Action drop() noexcept;

    Options options_;
    Phase phase_ = Phase::open;
    core::TimePoint deadline_ = core::never;
};

}  // namespace spillway::app
