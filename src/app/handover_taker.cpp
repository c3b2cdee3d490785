#include "app/handover_taker.hpp"

#include <stdexcept>
#include <utility>

#include "app/handover_message.hpp"
#include "app/unix_packets.hpp"

namespace spillway::app {
namespace {

constexpr std::chrono::milliseconds patience{5000};

[[noreturn]] void fail(const std::string& why) {
    throw std::runtime_error("cannot take over from the running instance: " + why);
}

}  // namespace

std::optional<HandoverTaker> HandoverTaker::begin(const std::string& path) {
    auto peer = connect_packets(path);
    if (!peer) return std::nullopt;
    HandoverTaker taker(std::move(*peer));
    // If it does not want to hear that, it has said why.
    static_cast<void>(send_packet(taker.peer_.get(), handover::encode(handover::Take{})));
    taker.receive_sockets();
    return taker;
}

void HandoverTaker::receive_sockets() {
    std::size_t total = 1;
    while (sockets_.size() < total) {
        auto packet = receive_packet(peer_.get(), patience);
        if (!packet) fail("it has left, or did not answer in 5 s");
        const auto message = handover::decode(packet->text);
        if (message && std::holds_alternative<handover::Refused>(*message))
            fail(std::get<handover::Refused>(*message).why);
        const auto* const part = message ? std::get_if<handover::Sockets>(&*message) : nullptr;
        if (part == nullptr || part->first != sockets_.size() ||
            part->notes.size() != packet->descriptors.size())
            fail("what it said is not understood");
        total = part->total;
        for (std::size_t i = 0; i < part->notes.size(); ++i)
            sockets_.push_back({.descriptor = std::move(packet->descriptors[i]),
                                .listener = part->notes[i].is_control ? "control" : "public",
                                .is_kept = part->notes[i].is_kept});
    }
}

int HandoverTaker::peer() const noexcept { return peer_process(peer_.get()); }

bool HandoverTaker::finish(const std::vector<std::size_t>& unwanted) {
    if (!send_packet(peer_.get(), handover::encode(handover::Ready{unwanted}))) return false;
    const auto packet = receive_packet(peer_.get(), patience);
    const auto message = packet ? handover::decode(packet->text) : std::nullopt;
    return message && std::holds_alternative<handover::Released>(*message);
}

}  // namespace spillway::app
