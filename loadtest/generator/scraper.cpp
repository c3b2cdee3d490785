#include "generator/scraper.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <utility>

namespace spillway::loadtest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Error = boost::system::error_code;

namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::size_t text_bytes_max = 16 << 20;

http::request<http::empty_body> request_for(const Target& target) {
    http::request<http::empty_body> request{http::verb::get, target.path, 11};
    request.set(http::field::host, target.authority);
    request.set(http::field::user_agent, "spillway-load");
    return request;
}

}  // namespace

/// One GET after the other on one connection; each step holds it alive.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    /// The text of the answer, or null and why there is none.
    using Done = std::function<void(const std::string* text, const std::string& why)>;

    Exchange(asio::any_io_executor executor, const Target& target, asio::ip::tcp::endpoint server)
        : stream_(executor),
          timer_(executor),
          request_(request_for(target)),
          server_(std::move(server)) {}

    void on_done(Done done) { done_ = std::move(done); }

    void get() {
        stream_.expires_after(patience);
        if (is_connected_) return send();
        stream_.async_connect(server_, [self = shared_from_this()](const Error& error) {
            if (error) return self->finish(error);
            self->is_connected_ = true;
            self->send();
        });
    }
    void get_after(std::chrono::nanoseconds pause) {
        timer_.expires_after(pause);
        timer_.async_wait([self = shared_from_this()](const Error& error) {
            if (!error && !self->is_stopped_) self->get();
        });
    }
    /// Nothing is handed over any more.
    void stop() {
        is_stopped_ = true;
        timer_.cancel();
        disconnect();
    }

private:
    void send() {
        http::async_write(stream_, request_,
                          [self = shared_from_this()](const Error& error, std::size_t) {
                              if (error) return self->finish(error);
                              self->receive();
                          });
    }
    void receive() {
        parser_.emplace();
        parser_->body_limit(text_bytes_max);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](const Error& error, std::size_t) { self->finish(error); });
    }
    void finish(const Error& error) {
        if (error || !parser_->get().keep_alive()) disconnect();
        if (is_stopped_) return;
        if (error) return done_(nullptr, error.message());
        const auto status = parser_->get().result_int();
        if (status != 200) return done_(nullptr, "it answers " + std::to_string(status));
        done_(&parser_->get().body(), "");
    }
    void disconnect() {
        is_connected_ = false;
        buffer_.clear();
        stream_.close();
    }

    beast::tcp_stream stream_;
    asio::steady_timer timer_;
    beast::flat_buffer buffer_;
    http::request<http::empty_body> request_;
    std::optional<http::response_parser<http::string_body>> parser_;
    asio::ip::tcp::endpoint server_;
    Done done_;
    bool is_connected_ = false;
    bool is_stopped_ = false;
};

std::optional<std::string> fetch(const Target& target, const asio::ip::tcp::endpoint& server,
                                 std::string& why) {
    asio::io_context context;
    std::optional<std::string> found;
    const auto exchange = std::make_shared<Exchange>(context.get_executor(), target, server);
    exchange->on_done([&](const std::string* text, const std::string& problem) {
        why = problem;
        if (text != nullptr) found = *text;
        exchange->stop();
    });
    exchange->get();
    context.run();
    return found;
}

Scraper::Scraper(asio::io_context& context, const Target& target, asio::ip::tcp::endpoint server,
                 core::Duration period, OnText on_text)
    : exchange_(std::make_shared<Exchange>(context.get_executor(), target, std::move(server))) {
    // A plain pointer: the function lives in what a shared one would keep alive.
    exchange_->on_done([exchange = exchange_.get(), period, on_text = std::move(on_text)](
                           const std::string* text, const std::string&) {
        if (text != nullptr) on_text(*text);
        exchange->get_after(period);
    });
    exchange_->get();
}

Scraper::~Scraper() { exchange_->stop(); }

}  // namespace spillway::loadtest
