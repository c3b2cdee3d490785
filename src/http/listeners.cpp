#include "http/listeners.hpp"

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace spillway::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// "host:port" or "[v6]:port", the host an address or a name.
tcp::endpoint parse_endpoint(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) throw std::invalid_argument("no port in " + text);
    std::string host = text.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    boost::system::error_code error;
    asio::ip::address address = asio::ip::make_address(host, error);
    if (error) {
        // A name: the first address that it has.
        asio::io_context unused;
        const auto found = tcp::resolver(unused).resolve(host, "", error);
        if (error) throw std::system_error(error, "cannot resolve " + host);
        address = found.begin()->endpoint().address();
    }
    if (parsed.ec != std::errc{} || parsed.ptr != end)
        throw std::invalid_argument("not an address and port: " + text);
    return {address, port};
}

std::string to_text(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
           std::to_string(endpoint.port());
}

std::vector<WantedAddress> wanted(const ServerOptions& options) {
    std::vector<WantedAddress> addresses;
    for (const auto& text : options.listen) addresses.push_back({"public", parse_endpoint(text)});
    if (!options.control_listen.empty())
        addresses.push_back({"control", parse_endpoint(options.control_listen)});
    return addresses;
}

[[noreturn]] void throw_unwanted(const PassedAddress& offer,
                                 const std::vector<WantedAddress>& addresses) {
    std::string known;
    for (const auto& address : addresses)
        known += (known.empty() ? "" : ", ") + std::string(address.listener) + " " +
                 to_text(address.endpoint);
    throw std::runtime_error(
        "a socket that was passed" +
        (offer.listener.empty() ? "" : " as '" + std::string(offer.listener) + "'") +
        " listens on " + to_text(offer.endpoint) +
        ", which is none of server.listen and control.listen (" + known + ")");
}

}  // namespace

Server::Listening Listeners::listen(const ServerOptions& options,
                                    std::vector<PassedSocket> passed) {
    try {
        return take_and_bind(wanted(options), passed);
    } catch (...) {
        for (auto& listener : listeners_) listener->abandon();
        throw;
    }
}

void Listeners::start() {
    for (auto& listener : listeners_)
        asio::post(listener->context().executor, [one = listener.get()] { one->start(); });
}

bool Listeners::is_control_local() const {
    return std::ranges::all_of(listeners_, [](const auto& listener) {
        return listener->kind() == ListenerKind::open ||
               listener->endpoint().address().is_loopback();
    });
}

bool Listeners::is_backlog_empty() const {
    return std::ranges::none_of(listeners_, [](const auto& listener) {
        return listener->kind() == ListenerKind::open && listener->has_backlog();
    });
}

std::uint64_t Listeners::parked_count() const noexcept {
    return static_cast<std::uint64_t>(std::ranges::count_if(listeners_, [](const auto& listener) {
        return listener->kind() == ListenerKind::open && listener->is_parked();
    }));
}

Server::Listening Listeners::take_and_bind(const std::vector<WantedAddress>& addresses,
                                           const std::vector<PassedSocket>& passed) {
    std::vector<PassedAddress> offers;
    for (const auto& one : passed) {
        const std::string what = "passed socket " + std::to_string(one.descriptor.get());
        offers.push_back({one.listener, listening_endpoint(one.descriptor.get(), what)});
    }
    MatchedSockets matched = match_passed(addresses, offers);
    for (const std::size_t i : matched.unwanted)
        if (passed[i].must_be_wanted) throw_unwanted(offers[i], addresses);

    Server::Listening result;
    for (std::size_t w = 0; w < addresses.size(); ++w) {
        std::vector<const PassedSocket*> own;
        for (const std::size_t i : matched.by_wanted[w]) own.push_back(&passed[i]);
        result.bound.push_back(own.empty() ? bind(addresses[w]) : adopt(addresses[w], own));
    }
    result.unwanted = std::move(matched.unwanted);
    return result;
}

Server::Bound Listeners::bind(const WantedAddress& address) {
    tcp::endpoint endpoint = address.endpoint;
    if (address.listener == "control") {
        add(*contexts_.front(), ListenerKind::control, endpoint);
    } else {
        for (auto& context : contexts_) add(*context, ListenerKind::open, endpoint);
    }
    return {address.listener, to_text(endpoint), false};
}

Server::Bound Listeners::adopt(const WantedAddress& address,
                               const std::vector<const PassedSocket*>& passed) {
    const bool is_control = address.listener == "control";
    for (const auto& place : spread(is_control ? 1 : contexts_.size(), passed.size())) {
        const PassedSocket& socket = *passed[place.socket];
        async::Descriptor own(::fcntl(socket.descriptor.get(), F_DUPFD_CLOEXEC, 0));
        listeners_.push_back(std::make_unique<Listener>(
            *contexts_[place.shard], is_control ? ListenerKind::control : ListenerKind::open,
            std::move(own), socket.is_kept));
    }
    return {address.listener, to_text(listeners_.back()->endpoint()), true};
}

void Listeners::add(ShardContext& context, ListenerKind kind, tcp::endpoint& endpoint) {
    const bool is_first = &context == contexts_.front().get();
    listeners_.push_back(std::make_unique<Listener>(context, kind, endpoint, is_first));
    endpoint = listeners_.back()->endpoint();  // a port 0 is the same one on every shard
}

std::vector<std::vector<Listener*>> Listeners::by_socket() const {
    std::vector<std::vector<Listener*>> sockets;
    std::vector<std::uint64_t> identities;
    for (const auto& listener : listeners_) {
        if (listener->descriptor() < 0) continue;
        const std::uint64_t identity = socket_identity(listener->descriptor());
        const auto known = std::ranges::find(identities, identity);
        if (known == identities.end()) {
            identities.push_back(identity);
            sockets.push_back({listener.get()});
        } else {
            sockets[static_cast<std::size_t>(known - identities.begin())].push_back(listener.get());
        }
    }
    return sockets;
}

}  // namespace spillway::http
