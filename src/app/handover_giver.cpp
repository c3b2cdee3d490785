#include "app/handover_giver.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "spillway/async/steady_now.hpp"

namespace spillway::app {

using Action = HandoverPlan::Action;

namespace {

/// How long to leave a peer alone that cannot be accepted: asking at once would be a busy loop.
constexpr std::chrono::milliseconds accept_pause{50};

}  // namespace

HandoverGiver::HandoverGiver(boost::asio::io_context& loop, const std::string& path,
                             http::Server& server, telemetry::Log& log,
                             std::function<void(const std::vector<std::size_t>&)> on_ready)
    : timer_(loop),
      room_timer_(loop),
      server_(server),
      log_(log),
      on_ready_(std::move(on_ready)),
      listener_(path),
      comes_(loop),
      peer_(loop) {}

void HandoverGiver::open() {
    try {
        listener_.publish();
        comes_.assign(::dup(listener_.descriptor()));
    } catch (const std::exception& error) {
        // We serve already, and can do so without a successor.
        return log_.error("no hand-over will be possible", {{"error", error.what()}});
    }
    await_peer();
}

void HandoverGiver::close() {
    boost::system::error_code ignored;
    comes_.close(ignored);
    room_timer_.cancel();
    listener_.close(plan_.phase() == HandoverPlan::Phase::over);
}

void HandoverGiver::stop() {
    close();
    boost::system::error_code ignored;
    peer_.close(ignored);
    timer_.cancel();
}

void HandoverGiver::await_peer() {
    comes_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                          if (error || !comes_.is_open()) return;
                          std::error_code failed;
                          async::Descriptor newcomer = listener_.accept(failed);
                          if (failed && !is_stuck_)
                              log_.warn("no hand-over is possible for now, trying again",
                                        {{"error", failed.message()}});
                          is_stuck_ = static_cast<bool>(failed);
                          if (failed) return await_room();
                          if (newcomer) on_peer(std::move(newcomer));
                          await_peer();
                      });
}

void HandoverGiver::await_room() {
    room_timer_.expires_after(accept_pause);
    room_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && comes_.is_open()) await_peer();
    });
}

void HandoverGiver::on_peer(async::Descriptor newcomer) {
    if (plan_.on_connect(async::steady_now()) == Action::turn_away) {
        static_cast<void>(send_packet(
            newcomer.get(), handover::encode(handover::Refused{"another hand-over is under way"})));
        return;
    }
    peer_.assign(newcomer.release());
    await_message();
    await_deadline();
}

void HandoverGiver::await_message() {
    peer_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                         if (error || !peer_.is_open()) return;
                         on_readable();
                         if (peer_.is_open()) await_message();
                     });
}

void HandoverGiver::on_readable() {
    bool is_gone = false;
    const auto packet =
        receive_packet(peer_.native_handle(), std::chrono::milliseconds(0), &is_gone);
    if (is_gone) return obey(plan_.on_gone());
    if (!packet) return;
    const auto message = handover::decode(packet->text);
    if (message && std::holds_alternative<handover::Ready>(*message))
        ready_ = std::get<handover::Ready>(*message);
    obey(plan_.on_message(async::steady_now(), message));
}

void HandoverGiver::await_deadline() {
    const core::TimePoint deadline = plan_.next_deadline();
    if (deadline == core::never) return;
    timer_.expires_after(deadline - async::steady_now());
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) obey(plan_.on_time(async::steady_now()));
    });
}

void HandoverGiver::obey(Action action) {
    switch (action) {
        case Action::nothing:
        case Action::turn_away:
            return;
        case Action::refuse_version:
            static_cast<void>(send_packet(
                peer_.native_handle(),
                handover::encode(handover::Refused{"version " + std::to_string(handover::version) +
                                                   " is spoken"})));
            return drop();
        case Action::send_sockets:
            return send_sockets();
        case Action::release:
            return release();
        case Action::drop_and_resume:
            server_.lend(false);
            log_.warn("hand-over given up: the other instance did not get ready",
                      {{"pid", peer_process(peer_.native_handle())}});
            return drop();
        case Action::drop_peer:
            return drop();
    }
}

void HandoverGiver::send_sockets() {
    const auto sockets = server_.sockets();
    log_.info("hand-over begins",
              {{"pid", peer_process(peer_.native_handle())}, {"sockets", sockets.size()}});
    server_.lend(true);
    for (std::size_t first = 0; first < sockets.size();) {
        handover::Sockets part{first, sockets.size(), {}};
        std::vector<int> descriptors;
        const std::size_t end = std::min(sockets.size(), first + handover::sockets_in_message_max);
        for (; first < end; ++first) {
            part.notes.push_back({sockets[first].listener == "control", sockets[first].is_kept});
            descriptors.push_back(sockets[first].descriptor);
        }
        if (!send_packet(peer_.native_handle(), handover::encode(part), descriptors))
            return obey(plan_.on_gone());
    }
    await_deadline();
}

void HandoverGiver::release() {
    timer_.cancel();
    log_.info("handed over",
              {{"pid", peer_process(peer_.native_handle())}, {"unwanted", ready_.unwanted.size()}});
    on_ready_(ready_.unwanted);
    close();
    // If it has gone meanwhile, whoever starts next binds anew: there is no way back.
    static_cast<void>(send_packet(peer_.native_handle(), handover::encode(handover::Released{})));
    boost::system::error_code ignored;
    peer_.close(ignored);
}

void HandoverGiver::drop() {
    timer_.cancel();
    boost::system::error_code ignored;
    peer_.close(ignored);
}

}  // namespace spillway::app
