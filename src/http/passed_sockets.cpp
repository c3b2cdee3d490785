#include "http/passed_sockets.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace spillway::http {

using boost::asio::ip::tcp;

namespace {

bool allows(const PassedAddress& passed, const WantedAddress& wanted) {
    return passed.listener.empty() || passed.listener == wanted.listener;
}

}  // namespace

MatchedSockets match_passed(const std::vector<WantedAddress>& wanted,
                            const std::vector<PassedAddress>& passed) {
    MatchedSockets matched;
    matched.by_wanted.resize(wanted.size());
    std::vector<std::optional<std::uint16_t>> port_taken(wanted.size());  // by a wanted port 0

    const auto exact = [&](const PassedAddress& one) {
        return std::ranges::find_if(wanted, [&](const WantedAddress& address) {
            return allows(one, address) && address.endpoint == one.endpoint;
        });
    };
    const auto any_port = [&](const PassedAddress& one) {
        for (std::size_t w = 0; w < wanted.size(); ++w) {
            const tcp::endpoint& endpoint = wanted[w].endpoint;
            if (!allows(one, wanted[w]) || endpoint.port() != 0 ||
                endpoint.address() != one.endpoint.address())
                continue;
            if (port_taken[w].value_or(one.endpoint.port()) != one.endpoint.port()) continue;
            port_taken[w] = one.endpoint.port();
            return w;
        }
        return wanted.size();
    };
    for (std::size_t p = 0; p < passed.size(); ++p) {
        auto w = static_cast<std::size_t>(exact(passed[p]) - wanted.begin());
        if (w == wanted.size()) w = any_port(passed[p]);
        if (w == wanted.size()) {
            matched.unwanted.push_back(p);
        } else {
            matched.by_wanted[w].push_back(p);
        }
    }
    return matched;
}

std::vector<ListenerPlace> spread(std::size_t shards, std::size_t sockets) {
    std::vector<ListenerPlace> places;
    const std::size_t count = std::max(shards, sockets);
    places.reserve(count);
    for (std::size_t i = 0; i < count; ++i) places.push_back({i % shards, i % sockets});
    return places;
}

tcp::endpoint listening_endpoint(int descriptor, const std::string& what) {
    const auto option = [&](int name) {
        int value = 0;
        socklen_t size = sizeof(value);
        return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    const bool is_tcp =
        option(SO_TYPE) == SOCK_STREAM && option(SO_ACCEPTCONN) == 1 &&
        ::getsockname(descriptor, endpoint.data(), &size) == 0 &&
        (endpoint.data()->sa_family == AF_INET || endpoint.data()->sa_family == AF_INET6);
    if (!is_tcp) throw std::runtime_error(what + " is not a listening TCP socket");
    endpoint.resize(size);
    return endpoint;
}

std::uint64_t socket_identity(int descriptor) {
    struct stat seen{};
    if (::fstat(descriptor, &seen) != 0)
        throw std::system_error(errno, std::generic_category(), "a listening socket");
    return seen.st_ino;
}

}  // namespace spillway::http
