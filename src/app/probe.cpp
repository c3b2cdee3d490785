#include "app/probe.hpp"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "tls/connection.hpp"

namespace spillway::app {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::size_t status_line_max = 4096;

struct Url {
    std::string host;
    std::string port = "80";
    std::string path = "/";
    bool has_tls = false;
};

std::string request_of(const Url& url) {
    return "GET " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" + url.port +
           "\r\nConnection: close\r\n\r\n";
}

/// The same over TLS, whoever answers: the certificate says who a service is, and this asks whether
/// it lives. Step by step, as the socket gets ready.
class SecureExchange {
public:
    SecureExchange(tcp::socket& socket, std::string request)
        : socket_(socket), request_(std::move(request)) {}

    /// The connection is there. The loop ends when all is said; `answer()` is whole then, or empty.
    void begin() {
        connection_.emplace(socket_.native_handle());
        step();
    }
    [[nodiscard]] const std::string& answer() const noexcept { return answer_; }
    [[nodiscard]] const char* doing() const noexcept { return doing_; }

private:
    using Status = tls::Connection::Status;

    void step() {
        Status status = is_shaken_ ? Status::done : connection_->handshake();
        while (status == Status::done) {
            is_shaken_ = true;
            if (sent_ < request_.size()) {
                doing_ = "the request was not taken";
                const auto written = connection_->write(std::span(request_).subspan(sent_));
                status = written.status;
                sent_ += written.bytes;
            } else {
                doing_ = "no answer";
                std::array<char, status_line_max> piece{};
                const auto got = connection_->read(piece);
                status = got.status;
                answer_.append(piece.data(), got.bytes);
                if (answer_.find("\r\n") != std::string::npos) return;
            }
            if (answer_.size() >= status_line_max) return;
        }
        if (status != Status::want_read && status != Status::want_write) return;
        socket_.async_wait(
            status == Status::want_read ? tcp::socket::wait_read : tcp::socket::wait_write,
            [this](const boost::system::error_code& error) {
                if (!error) step();
            });
    }

    tcp::socket& socket_;
    const std::string request_;
    std::optional<tls::Connection> connection_;
    std::size_t sent_ = 0;
    std::string answer_;
    const char* doing_ = "the TLS handshake failed";
    bool is_shaken_ = false;
};

std::optional<Url> parse_url(std::string text) {
    const std::string_view schemes[] = {"http://", "https://"};
    Url url;
    if (text.starts_with(schemes[0])) {
        text.erase(0, schemes[0].size());
    } else if (text.starts_with(schemes[1])) {
        text.erase(0, schemes[1].size());
        url.port = "443";
        url.has_tls = true;
    } else {
        return std::nullopt;
    }
    if (const auto slash = text.find('/'); slash != std::string::npos) {
        url.path = text.substr(slash);
        text.erase(slash);
    }
    const auto colon = text.rfind(':');
    if (colon != std::string::npos && text.find(']', colon) == std::string::npos) {
        url.port = text.substr(colon + 1);
        text.erase(colon);
    }
    if (text.size() >= 2 && text.front() == '[') text = text.substr(1, text.size() - 2);
    url.host = text;
    if (url.host.empty()) return std::nullopt;
    return url;
}

/// The status of the answer; 0 when there was none, with the reason in `why`.
unsigned get_status(const Url& url, std::string& why) {
    asio::io_context context;
    tcp::socket socket(context);
    tcp::resolver resolver(context);
    const std::string request = request_of(url);
    SecureExchange secure(socket, request);
    std::string answer;
    why = "no answer within 5 seconds";
    const auto fail = [&why](const boost::system::error_code& error) { why = error.message(); };
    bool done = false;
    const auto on_line = [&](const boost::system::error_code& error, std::size_t) {
        if (error) return fail(error);
        done = true;
    };
    const auto on_written = [&](const boost::system::error_code& error, std::size_t) {
        if (error) return fail(error);
        asio::async_read_until(socket, asio::dynamic_buffer(answer, status_line_max), "\r\n",
                               on_line);
    };
    const auto on_connected = [&](const boost::system::error_code& error, const tcp::endpoint&) {
        if (error) return fail(error);
        if (!url.has_tls) return asio::async_write(socket, asio::buffer(request), on_written);
        secure.begin();
    };
    const auto on_resolved = [&](const boost::system::error_code& error,
                                 const tcp::resolver::results_type& found) {
        if (error) return fail(error);
        asio::async_connect(socket, found, on_connected);
    };
    resolver.async_resolve(url.host, url.port, on_resolved);
    context.run_for(patience);
    if (url.has_tls && !secure.answer().empty()) {
        answer = secure.answer();
        done = true;
    } else if (url.has_tls && context.stopped() && socket.is_open()) {
        why = secure.doing();
    }
    if (!done) return 0;
    if (answer.rfind("HTTP/1.", 0) != 0 || answer.size() < 12) {
        why = "the answer is not HTTP";
        return 0;
    }
    return static_cast<unsigned>(std::strtoul(answer.c_str() + 9, nullptr, 10));
}

}  // namespace

bool probe(const std::string& text) {
    const auto url = parse_url(text);
    if (!url) {
        std::cerr << "spillway: probe: expected http://host:port/path or https://..., not " << text
                  << '\n';
        return false;
    }
    std::string why;
    const unsigned status = get_status(*url, why);
    if (status >= 200 && status < 300) return true;
    std::cerr << "spillway: probe: " << text << ": "
              << (status == 0 ? why : "status " + std::to_string(status)) << '\n';
    return false;
}

std::string own_health_url(const config::Config& config) {
    const bool has_control = !config.control.listen.empty();
    std::string address = has_control ? config.control.listen : config.server.listen.front();
    const bool has_tls = (has_control ? config.control.tls : config.server.tls).has_value();
    const auto colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    if (host == "0.0.0.0") address = "127.0.0.1" + address.substr(colon);
    if (host == "[::]") address = "[::1]" + address.substr(colon);
    return (has_tls ? "https://" : "http://") + address + "/healthz";
}

}  // namespace spillway::app
