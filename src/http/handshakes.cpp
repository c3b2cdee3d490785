#include "http/handshakes.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "http/session.hpp"

namespace spillway::http {

namespace asio = boost::asio;

void Handshakes::arrive(Secure& secure) {
    gate_.arrive(secure);
    update();
}

void Handshakes::leave(Secure& secure) {
    gate_.leave(secure);
    update();
}

/// This shard's part: a bound of all shards together would need a lock at each end of a handshake.
std::uint32_t Handshakes::places() const noexcept {
    const std::uint32_t all = context_.tls(kind_).handshakes_max;
    if (kind_ == ListenerKind::control) return all;  // on one shard only
    const auto shards = static_cast<std::uint32_t>(context_.peers.size());
    return std::max(all / shards + (context_.index < all % shards ? 1U : 0U), 1U);
}

/// One post at a time, so at most one stands in the loop's queue.
void Handshakes::update() {
    gate_.set_places(places());
    auto& cells = context_.cells.listeners[static_cast<std::size_t>(kind_)];
    cells.handshakes_inside.set(gate_.inside());
    cells.handshakes_waiting.set(gate_.waiting());
    const core::TimePoint overdue = gate_.next_overdue();
    if (overdue == core::never)
        context_.sweeper.clear(*this);
    else
        context_.sweeper.set(*this, overdue);
    if (!gate_.can_admit() || is_turn_posted_) return;
    is_turn_posted_ = true;
    asio::post(context_.executor, [this] { turn(); });
}

void Handshakes::turn() {
    is_turn_posted_ = false;
    const core::TimePoint now = context_.now();
    if (gate_.can_admit()) static_cast<Secure&>(gate_.admit(now)).session.begin_handshake();
    // Where many have become overdue at once, one goes in each turn, and not in each tick.
    on_due(now);
}

void Handshakes::on_due(core::TimePoint now) {
    if (core::HandshakeGate::Node* const node = gate_.overdue(now))
        static_cast<Secure*>(node)->session.give_way();
    update();
}

}  // namespace spillway::http
