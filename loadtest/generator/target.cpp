#include "generator/target.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/url/parse.hpp>
#include <chrono>

namespace spillway::loadtest {

namespace asio = boost::asio;

std::optional<Target> parse_target(std::string_view url) {
    const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
    if (!parsed || parsed->scheme() != "http" || parsed->host().empty() || parsed->has_userinfo())
        return std::nullopt;
    Target target;
    target.host = parsed->host_address();
    target.port = parsed->has_port() ? std::string(parsed->port()) : "80";
    target.authority = std::string(parsed->encoded_host_and_port());
    const auto path = parsed->encoded_target();
    target.path = path.empty() || path.front() != '/' ? "/" + std::string(path) : std::string(path);
    return target;
}

std::optional<asio::ip::tcp::endpoint> reach(const Target& target, std::string& why) {
    asio::io_context context;
    asio::ip::tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto found = resolver.resolve(target.host, target.port, error);
    if (error) {
        why = "cannot resolve " + target.host + ": " + error.message();
        return std::nullopt;
    }
    why = "cannot connect to " + target.authority + ": no answer within 5 seconds";
    std::optional<asio::ip::tcp::endpoint> reached;
    asio::ip::tcp::socket socket(context);
    asio::async_connect(
        socket, found,
        [&](const boost::system::error_code& result, const asio::ip::tcp::endpoint& endpoint) {
            if (result)
                why = "cannot connect to " + target.authority + ": " + result.message();
            else
                reached = endpoint;
        });
    context.run_for(std::chrono::seconds{5});
    return reached;
}

}  // namespace spillway::loadtest
