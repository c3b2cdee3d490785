#pragma once
// Listening sockets that somebody else has bound: which address each of them serves, and on which
// shard it is accepted from.
//
// Who closes a listening socket resets what waits in its queue, so the rule is that each passed
// socket which serves a wanted address is accepted from, however many shards there are: with more
// sockets than shards a shard has several, with fewer some shards share one. Binding further
// sockets beside those that were passed would spread connections better, but a new member of a
// SO_REUSEPORT group takes its part of the handshakes from the moment it listens, and resets them
// if its process ends before it has taken over, or before the socket's keeper does.

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::http {

/// An address of the configuration, resolved. Port 0 is any.
struct WantedAddress {
    std::string_view listener;  // "public" or "control"
    boost::asio::ip::tcp::endpoint endpoint;
};

struct PassedAddress {
    std::string_view listener;  // as above; "": whichever has the address
    boost::asio::ip::tcp::endpoint endpoint;
};

struct MatchedSockets {
    std::vector<std::vector<std::size_t>> by_wanted;  // indices into `passed`, in their order
    std::vector<std::size_t> unwanted;
};

/// A passed socket serves the address that it is bound to, if its name allows that. One that nobody
/// wants by its port serves a wanted port 0 on its host; each such port 0 takes one port. *Pure.*
[[nodiscard]] MatchedSockets match_passed(const std::vector<WantedAddress>& wanted,
                                          const std::vector<PassedAddress>& passed);

/// A listener: a socket (by its number among those of the address) on a shard.
struct ListenerPlace {
    std::size_t shard = 0;
    std::size_t socket = 0;

    friend bool operator==(const ListenerPlace&, const ListenerPlace&) = default;
};

/// Every shard accepts, and every socket is accepted from. *Pure*; both at least 1.
[[nodiscard]] std::vector<ListenerPlace> spread(std::size_t shards, std::size_t sockets);

/// Where a descriptor listens. Throws std::runtime_error, with `what` as its subject, if it is not
/// a listening TCP socket.
[[nodiscard]] boost::asio::ip::tcp::endpoint listening_endpoint(int descriptor,
                                                                const std::string& what);

/// The same for descriptors of one socket, in this process or another; of no other use.
[[nodiscard]] std::uint64_t socket_identity(int descriptor);

}  // namespace spillway::http
