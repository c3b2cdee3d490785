#include "loadtest/stalling_server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "spillway/async/steady_now.hpp"

namespace spillway::loadtest {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

namespace {

struct Peer {
    explicit Peer(tcp::socket s) : socket(std::move(s)) {}
    tcp::socket socket;
    std::array<char, 1024> bytes{};
    std::size_t size = 0;
    std::size_t number = 0;
};

}  // namespace

struct StallingServer::Loop {
    Loop(std::vector<Stall> programme, std::size_t requests, std::string text)
        : stalls(std::move(programme)), answered(requests), answer(std::move(text)) {}

    void accept() {
        acceptor.async_accept([this](const Error& error, tcp::socket socket) {
            if (error) return;
            socket.set_option(tcp::no_delay(true));
            read(std::make_shared<Peer>(std::move(socket)));
            accept();
        });
    }
    void read(const std::shared_ptr<Peer>& peer) {
        peer->socket.async_read_some(asio::buffer(peer->bytes) + peer->size,
                                     [this, peer](const Error& error, std::size_t bytes) {
                                         if (error) return;
                                         peer->size += bytes;
                                         on_bytes(peer);
                                     });
    }
    void on_bytes(const std::shared_ptr<Peer>& peer) {
        const std::string_view text(peer->bytes.data(), peer->size);
        if (text.find("\r\n\r\n") == std::string_view::npos) return read(peer);
        const auto digits = text.substr(5, text.find(' ', 5) - 5);  // GET /N HTTP/1.1
        std::from_chars(digits.data(), digits.data() + digits.size(), peer->number);
        peer->size = 0;
        const auto now = async::steady_now();
        if (!began) began = now;
        for (const auto& stall : stalls) {
            if (now < *began + stall.begin || now >= *began + stall.end) continue;
            if (waiting.empty()) wake(*began + stall.end);
            waiting.push_back(peer);
            return;
        }
        reply(peer);
    }
    void wake(core::TimePoint at) {
        timer.expires_at(async::to_steady(at));
        timer.async_wait([this](const Error& error) {
            if (error) return;
            for (const auto& peer : std::exchange(waiting, {})) reply(peer);
        });
    }
    void reply(const std::shared_ptr<Peer>& peer) {
        const auto before = async::steady_now();
        Error error;
        asio::write(peer->socket, asio::buffer(answer), error);
        if (!error && peer->number < answered.size())
            answered[peer->number] = {before, async::steady_now()};
        if (!error) read(peer);
    }

    std::vector<Stall> stalls;
    std::vector<std::optional<Answered>> answered;
    std::string answer;
    std::optional<core::TimePoint> began;
    asio::io_context context{1};
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    asio::steady_timer timer{context};
    std::vector<std::shared_ptr<Peer>> waiting;
};

StallingServer::StallingServer(std::vector<Stall> stalls, std::size_t requests, std::string answer)
    : loop_(std::make_unique<Loop>(std::move(stalls), requests, std::move(answer))) {
    loop_->accept();
    thread_ = std::thread([loop = loop_.get()] { loop->context.run(); });
}

StallingServer::~StallingServer() { static_cast<void>(stop()); }

std::string StallingServer::url() const {
    return "http://127.0.0.1:" + std::to_string(loop_->acceptor.local_endpoint().port());
}

std::vector<std::optional<Answered>> StallingServer::stop() {
    loop_->context.stop();
    if (thread_.joinable()) thread_.join();
    return loop_->answered;
}

}  // namespace spillway::loadtest
