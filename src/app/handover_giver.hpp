#pragma once
// Gives the listening sockets to the next instance when that asks for them.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/handover_plan.hpp"
#include "app/unix_packets.hpp"
#include "spillway/http/server.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

/// Lives on the main loop. HandoverPlan decides, this obeys.
class HandoverGiver {
public:
    /// `on_ready`: a successor accepts from all sockets but those that it does not want; when the
    /// call returns this process accepts from none of the others.
    HandoverGiver(boost::asio::io_context& loop, const std::string& path, http::Server& server,
                  telemetry::Log& log,
                  std::function<void(const std::vector<std::size_t>& unwanted)> on_ready);

    /// From now on the path is ours, and peers may come. If it cannot be, the log says so.
    void open();
    /// No peer can come any more. One that has the sockets is still heard.
    void close();
    /// Nobody is heard any more.
    void stop();

private:
    void await_peer();
    void await_message();
    void await_deadline();
    void await_room();
    void on_peer(async::Descriptor newcomer);
    void on_readable();
    void obey(HandoverPlan::Action action);
    void send_sockets();
    void release();
    void drop();

    boost::asio::steady_timer timer_;
    boost::asio::steady_timer room_timer_;
    http::Server& server_;
    telemetry::Log& log_;
    std::function<void(const std::vector<std::size_t>&)> on_ready_;
    PacketListener listener_;
    HandoverPlan plan_;
    boost::asio::posix::stream_descriptor comes_;  // a peer; not the owner of its descriptor
    boost::asio::posix::stream_descriptor peer_;
    handover::Ready ready_;
    bool is_stuck_ = false;  // the last accept has failed
};

}  // namespace spillway::app
