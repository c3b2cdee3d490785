#include "app/probe.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <iostream>

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
};

std::optional<Url> parse_url(std::string text) {
    if (text.rfind("http://", 0) != 0) return std::nullopt;
    text.erase(0, 7);
    Url url;
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
    const std::string request = "GET " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" +
                                url.port + "\r\nConnection: close\r\n\r\n";
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
        asio::async_write(socket, asio::buffer(request), on_written);
    };
    const auto on_resolved = [&](const boost::system::error_code& error,
                                 const tcp::resolver::results_type& found) {
        if (error) return fail(error);
        asio::async_connect(socket, found, on_connected);
    };
    resolver.async_resolve(url.host, url.port, on_resolved);
    context.run_for(patience);
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
        std::cerr << "spillway: probe: expected http://host:port/path, not " << text << '\n';
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
    std::string address =
        config.control.listen.empty() ? config.server.listen.front() : config.control.listen;
    const auto colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    if (host == "0.0.0.0") address = "127.0.0.1" + address.substr(colon);
    if (host == "[::]") address = "[::1]" + address.substr(colon);
    return "http://" + address + "/healthz";
}

}  // namespace spillway::app
