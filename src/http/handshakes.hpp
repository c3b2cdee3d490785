#pragma once
// The TLS handshakes of one shard and kind of listener: who may go on, one signature a turn.

#include "http/stream.hpp"
#include "http/sweeper.hpp"
#include "spillway/core/handshake_gate.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::http {

class ShardContext;

/// Shell round core::HandshakeGate. Between two handshakes that it admits the loop serves whoever
/// else is ready, so a flood of hellos delays a request by one signature, not by all of them.
/// Shard-local.
class Handshakes final : private Sweeper::Node {
public:
    Handshakes(ShardContext& context, ListenerKind kind) noexcept
        : context_(context), kind_(kind) {}

    /// Its hello is there whole: Session::begin_handshake() follows, in a turn of its own.
    void arrive(Secure& secure);
    void leave(Secure& secure);

private:
    [[nodiscard]] std::uint32_t places() const noexcept;
    void update();
    void turn();
    void on_due(core::TimePoint now) override;

    ShardContext& context_;
    const ListenerKind kind_;
    core::HandshakeGate gate_;
    bool is_turn_posted_ = false;
};

}  // namespace spillway::http
