#pragma once
// Fetches the server's metrics: once before and after a run, and again and again during it.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "generator/target.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

class Exchange;

/// One GET on a connection of its own; nothing when there is no answer 200, and `why`. Blocks, up
/// to 5 s.
[[nodiscard]] std::optional<std::string> fetch(const Target& target,
                                               const boost::asio::ip::tcp::endpoint& server,
                                               std::string& why);

/// Fetches every `period` on one kept connection, as long as it lives, and hands over each text.
/// What fails is left out; the next one may go well. Uses the context's thread.
class Scraper {
public:
    using OnText = std::function<void(const std::string& text)>;

    Scraper(boost::asio::io_context& context, const Target& target,
            boost::asio::ip::tcp::endpoint server, core::Duration period, OnText on_text);
    Scraper(const Scraper&) = delete;
    Scraper& operator=(const Scraper&) = delete;
    ~Scraper();

private:
    std::shared_ptr<Exchange> exchange_;  // shared with what is under way, which may end after us
};

}  // namespace spillway::loadtest
