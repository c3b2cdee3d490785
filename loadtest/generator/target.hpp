#pragma once
// Where requests go.

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::loadtest {

struct Target {
    std::string host;  // without the brackets of an IPv6 address
    std::string port;
    std::string authority;  // the value of Host
    std::string path;       // with the query; "/" where the URL has none

    /// The same with the port always there.
    [[nodiscard]] std::string host_and_port() const {
        return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
    }
};

/// http://host[:port][/path]; nothing when `url` is anything else.
[[nodiscard]] std::optional<Target> parse_target(std::string_view url);

/// The first of the host's addresses that accepts a connection; nothing when none does, and `why`.
/// Blocks up to 5 s. Not for a loop's thread while it runs.
[[nodiscard]] std::optional<boost::asio::ip::tcp::endpoint> reach(const Target& target,
                                                                  std::string& why);

}  // namespace spillway::loadtest
