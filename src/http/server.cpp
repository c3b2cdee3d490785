#include "spillway/http/server.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <future>
#include <random>
#include <stdexcept>

#include "http/explain_reader.hpp"
#include "http/listener.hpp"
#include "http/passed_sockets.hpp"
#include "http/session.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// "host:port" or "[v6]:port", the host an address.
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

}  // namespace

struct Server::Impl {
    Impl(async::ShardSet& set, ServerOptions options, Observer& observer)
        : shards(set), first_options(std::move(options)), shared(first_options, observer) {}

    async::ShardSet& shards;
    ServerOptions first_options;
    std::vector<RouteSpec> first_routes;
    Shared shared;
    // In this order: listeners end before the contexts that their sweeper nodes point into.
    std::vector<std::unique_ptr<ShardContext>> contexts;
    std::vector<std::unique_ptr<Listener>> listeners;
    bool handshakes_stopped = false;

    /// Runs `f(context)` on every shard's thread and waits for all: composition root only.
    template <class F>
    void on_all_shards(F f) {
        std::vector<std::future<void>> done;
        for (auto& context : contexts) {
            auto task =
                std::make_shared<std::packaged_task<void()>>([&f, &context] { f(*context); });
            done.push_back(task->get_future());
            asio::post(context->executor, [task] { (*task)(); });
        }
        for (auto& one : done) one.get();
    }

    void add_listener(ShardContext& context, ListenerKind kind, tcp::endpoint& endpoint) {
        const bool is_first = &context == contexts.front().get();
        listeners.push_back(std::make_unique<Listener>(context, kind, endpoint, is_first));
        endpoint = listeners.back()->endpoint();  // a port 0 is the same one on every shard
    }

    [[nodiscard]] std::vector<WantedAddress> wanted() const {
        std::vector<WantedAddress> addresses;
        for (const auto& text : first_options.listen)
            addresses.push_back({"public", parse_endpoint(text)});
        if (!first_options.control_listen.empty())
            addresses.push_back({"control", parse_endpoint(first_options.control_listen)});
        return addresses;
    }

    [[nodiscard]] Bound bind(const WantedAddress& address) {
        tcp::endpoint endpoint = address.endpoint;
        if (address.listener == "control") {
            add_listener(*contexts.front(), ListenerKind::control, endpoint);
        } else {
            for (auto& context : contexts) add_listener(*context, ListenerKind::open, endpoint);
        }
        return {address.listener, to_text(endpoint), false};
    }

    [[nodiscard]] Bound adopt(const WantedAddress& address,
                              const std::vector<const PassedSocket*>& passed) {
        const bool is_control = address.listener == "control";
        for (const auto& place : spread(is_control ? 1 : contexts.size(), passed.size())) {
            const PassedSocket& socket = *passed[place.socket];
            async::Descriptor own(::fcntl(socket.descriptor.get(), F_DUPFD_CLOEXEC, 0));
            listeners.push_back(std::make_unique<Listener>(
                *contexts[place.shard], is_control ? ListenerKind::control : ListenerKind::open,
                std::move(own), socket.is_kept));
        }
        return {address.listener, to_text(listeners.back()->endpoint()), true};
    }

    /// What is there already is taken, the rest is bound.
    [[nodiscard]] Listening listen(std::vector<PassedSocket> passed) {
        const auto addresses = wanted();
        std::vector<PassedAddress> offers;
        for (const auto& one : passed) {
            const std::string what = "passed socket " + std::to_string(one.descriptor.get());
            offers.push_back({one.listener, listening_endpoint(one.descriptor.get(), what)});
        }
        MatchedSockets matched = match_passed(addresses, offers);
        for (const std::size_t i : matched.unwanted)
            if (passed[i].must_be_wanted) throw_unwanted(offers[i], addresses);

        Listening result;
        for (std::size_t w = 0; w < addresses.size(); ++w) {
            std::vector<const PassedSocket*> own;
            for (const std::size_t i : matched.by_wanted[w]) own.push_back(&passed[i]);
            result.bound.push_back(own.empty() ? bind(addresses[w]) : adopt(addresses[w], own));
        }
        result.unwanted = std::move(matched.unwanted);
        return result;
    }

    [[noreturn]] static void throw_unwanted(const PassedAddress& offer,
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

    /// `f(listener)` for each on its own shard. When it returns, what has been accepted by then is
    /// a connection, or parked.
    template <class F>
    void on_all_listeners(F f) {
        on_all_shards([this, &f](ShardContext& context) {
            for (auto& listener : listeners)
                if (&listener->context() == &context) f(*listener);
        });
        // An accept that had succeeded is told after what was posted above.
        on_all_shards([](ShardContext&) {});
    }

    void close_listeners(ListenerKind kind) {
        on_all_listeners([kind](Listener& listener) {
            if (listener.kind() == kind) listener.close();
        });
    }

    /// Listeners by socket, in the order of their beginning.
    [[nodiscard]] std::vector<std::vector<Listener*>> by_socket() const {
        std::vector<std::vector<Listener*>> sockets;
        std::vector<std::uint64_t> identities;
        for (const auto& listener : listeners) {
            if (listener->descriptor() < 0) continue;
            const std::uint64_t identity = socket_identity(listener->descriptor());
            const auto known = std::ranges::find(identities, identity);
            if (known == identities.end()) {
                identities.push_back(identity);
                sockets.push_back({listener.get()});
            } else {
                sockets[static_cast<std::size_t>(known - identities.begin())].push_back(
                    listener.get());
            }
        }
        return sockets;
    }
};

Server::Server(async::ShardSet& shards, ServerOptions options, Observer& observer)
    : impl_(std::make_unique<Impl>(shards, std::move(options), observer)) {}

Server::~Server() = default;

void Server::add_page(std::string path, const Page& page, bool on_open, bool on_control) {
    impl_->shared.pages.push_back(
        {std::move(path), &page, on_open, on_control, PageEntry::Kind::exact});
}

void Server::add_page_tree(std::string path, const Page& page, bool on_open, bool on_control) {
    impl_->shared.pages.push_back(
        {std::move(path), &page, on_open, on_control, PageEntry::Kind::tree});
}

void Server::add_action(std::string path, const Page& page) {
    impl_->shared.pages.push_back({std::move(path), &page, false, true, PageEntry::Kind::action});
}

void Server::add_route(RouteSpec spec) { impl_->first_routes.push_back(std::move(spec)); }

std::string Server::refusal(const std::vector<RouteSpec>& routes) const {
    constexpr std::uint32_t retired_max = 64;
    const std::uint32_t retired = impl_->shared.retired_settings.load(std::memory_order_relaxed);
    if (retired >= retired_max) return "requests are under way that began before earlier changes";
    return impl_->shared.known.refusal(routes);
}

void Server::reconfigure(ServerOptions options, std::vector<RouteSpec> routes) {
    Shared& shared = impl_->shared;
    {
        const std::lock_guard lock(shared.mutex);
        shared.settings = shared.known.settings(std::move(options), std::move(routes), shared.pages,
                                                impl_->shards.size());
    }
    const ServerOptions& now = shared.settings->options;
    shared.body_memory.set_max(now.body_memory_max);
    shared.response_memory.set_max(now.response_memory_max);
    shared.per_address.set_max(now.connections_per_ip_max);
    impl_->on_all_shards(
        [&shared](ShardContext& context) { context.set_settings(shared.settings); });
}

const ServerOptions& Server::options() const noexcept {
    const auto& settings = impl_->shared.settings;
    return settings ? settings->options : impl_->first_options;
}

bool Server::is_changing() const noexcept {
    return impl_->shared.retired_settings.load(std::memory_order_relaxed) > 0;
}

Server::Listening Server::listen(std::vector<PassedSocket> passed) {
    auto& impl = *impl_;
    std::random_device entropy;
    const auto draw = [&entropy] { return (std::uint64_t{entropy()} << 32) ^ entropy(); };
    impl.shared.hash_key = {.k0 = draw(), .k1 = draw()};
    impl.shared.settings = impl.shared.known.settings(
        impl.first_options, std::move(impl.first_routes), impl.shared.pages, impl.shards.size());
    for (std::size_t i = 0; i < impl.shards.size(); ++i) {
        const std::uint64_t seed = draw();
        impl.contexts.push_back(
            std::make_unique<ShardContext>(impl.shards[i].executor(), impl.shared, i, seed));
    }
    for (auto& context : impl.contexts)
        for (auto& peer : impl.contexts) context->peers.push_back(peer.get());

    try {
        Listening listening = impl.listen(std::move(passed));
        impl.shared.is_control_local =
            std::ranges::all_of(impl.listeners, [](const auto& listener) {
                return listener->kind() == ListenerKind::open ||
                       listener->endpoint().address().is_loopback();
            });
        return listening;
    } catch (...) {
        for (auto& listener : impl.listeners) listener->abandon();
        throw;
    }
}

std::vector<Server::ListeningSocket> Server::sockets() const {
    std::vector<ListeningSocket> sockets;
    for (const auto& listeners : impl_->by_socket()) {
        const Listener& first = *listeners.front();
        sockets.push_back({first.kind() == ListenerKind::open ? "public" : "control",
                           first.descriptor(), first.is_kept()});
    }
    return sockets;
}

void Server::hand_over(const std::vector<std::size_t>& unwanted) {
    const auto sockets = impl_->by_socket();
    std::vector<const Listener*> leaving;
    for (std::size_t i = 0; i < sockets.size(); ++i)
        if (std::ranges::find(unwanted, i) == unwanted.end())
            leaving.insert(leaving.end(), sockets[i].begin(), sockets[i].end());
    impl_->on_all_listeners([&leaving](Listener& listener) {
        if (std::ranges::find(leaving, &listener) != leaving.end()) listener.close();
    });
    is_lent_ = false;
}

void Server::start() {
    for (auto& listener : impl_->listeners) {
        asio::post(listener->context().executor, [one = listener.get()] { one->start(); });
    }
}

bool Server::is_ready() const noexcept {
    return !impl_->shared.unready.load(std::memory_order_relaxed);
}

void Server::set_unready() { impl_->shared.unready.store(true, std::memory_order_relaxed); }

void Server::stop_handshakes(core::Duration idle_grace) {
    auto& impl = *impl_;
    impl.on_all_listeners([this](Listener& listener) {
        if (listener.kind() != ListenerKind::open) return;
        // A filter would stop the others, too. What waits in the queue is theirs.
        if (is_lent_ || listener.is_kept()) return listener.close();
        listener.stop_handshakes();
    });
    impl.shared.idle_grace_ns.store(idle_grace.count(), std::memory_order_relaxed);
    impl.shared.closing.store(true, std::memory_order_relaxed);
    impl.on_all_shards([](ShardContext& context) { context.begin_closing(); });
}

bool Server::is_backlog_empty() const {
    return std::none_of(impl_->listeners.begin(), impl_->listeners.end(), [](const auto& listener) {
        return listener->kind() == ListenerKind::open && listener->has_backlog();
    });
}

void Server::close_listeners() { impl_->close_listeners(ListenerKind::open); }

void Server::set_cut_at(core::TimePoint at) {
    impl_->shared.cut_at.store(at.time_since_epoch().count(), std::memory_order_relaxed);
}

void Server::cut() {
    impl_->on_all_shards([](ShardContext& context) { context.cut_all(ListenerKind::open); });
}

Server::Left Server::left() const noexcept {
    Left left;
    for (const auto& context : impl_->contexts) {
        const std::uint64_t ended = context->cells.requests_ended.value();
        left.requests += context->cells.requests_begun.value() - ended;
    }
    left.connections = impl_->shared.connections[0].load(std::memory_order_relaxed);
    for (const auto& listener : impl_->listeners)
        left.connections += listener->kind() == ListenerKind::open && listener->is_parked() ? 1 : 0;
    return left;
}

std::uint64_t Server::accepted() const noexcept {
    std::uint64_t accepted = 0;
    for (const auto& context : impl_->contexts)
        accepted += context->cells.listeners[0].accepted.value();
    return accepted;
}

bool Server::stop(core::TimePoint deadline) {
    impl_->on_all_listeners([](Listener& listener) { listener.close(); });
    impl_->on_all_listeners([](Listener& listener) { listener.abandon(); });
    impl_->on_all_shards([](ShardContext& context) { context.stop(); });
    // Each turn lets every shard run what the closing has completed.
    do {
        impl_->on_all_shards([](ShardContext&) {});
        if (impl_->shared.connections[0].load() + impl_->shared.connections[1].load() == 0)
            return true;
    } while (async::steady_now() < deadline);
    return false;
}

std::vector<Explanation> Server::explain(std::string_view request_id) const {
    return ExplainReader(impl_->contexts).find(request_id);
}

std::vector<Explanation> Server::latest_refusals(std::size_t most) const {
    return ExplainReader(impl_->contexts).latest_refusals(most);
}

ExplainReach Server::explain_reach() const { return ExplainReader(impl_->contexts).reach(); }

ServerStats Server::stats() const {
    const Shared& shared = impl_->shared;
    ServerStats stats;
    const std::lock_guard lock(shared.mutex);
    const ServerOptions& options = shared.settings->options;
    for (const auto& record : shared.known.records()) {
        RouteStats& route = stats.routes.emplace_back();
        route.path = record->path;
        route.limiter = record->limiter;
        for (const auto& name : record->shares) route.tenants.push_back({.name = name});
        if (!route.tenants.empty()) route.tenants.push_back({.name = "other"});
        // Records of one path share their state: the first one tells.
        if (record->is_first) route.held = record->state->held.load(std::memory_order_relaxed);
        for (const auto& by_shard : record->cells) {
            const RouteCells& cells = *by_shard;
            // What ends a request before what begins it: a request that passes between the two
            // reads shows as pending, never as ended without having been received.
            route.accepted += cells.accepted.value();
            for (std::size_t r = 0; r < route.rejected.size(); ++r)
                route.rejected[r] += cells.rejected[r].value();
            for (std::size_t r = 0; r < route.dropped.size(); ++r)
                route.dropped[r] += cells.dropped[r].value();
            for (std::size_t r = 0; r < route.finished.size(); ++r)
                route.finished[r] += cells.finished[r].value();
            route.received += cells.received.value();
            for (std::size_t t = 0; t < route.tenants.size(); ++t) {
                route.tenants[t].accepted += cells.tenants[t].accepted.value();
                route.tenants[t].rejected += cells.tenants[t].rejected.value();
            }
            cells.responses.add_to(route.responses);
            cells.admission_wait.snapshot(route.admission_wait);
            cells.service_duration.snapshot(route.service_duration);
            cells.request_duration.snapshot(route.request_duration);
        }
    }
    for (std::size_t i = 0; i < shared.pages.size(); ++i) {
        PageStats& page = stats.pages.emplace_back();
        page.path = shared.pages[i].path;
        for (const auto& context : impl_->contexts) {
            context->cells.pages[i].responses.add_to(page.responses);
            context->cells.pages[i].request_duration.snapshot(page.request_duration);
        }
    }
    for (const ListenerKind kind : {ListenerKind::open, ListenerKind::control}) {
        const bool open = kind == ListenerKind::open;
        if (!open && impl_->first_options.control_listen.empty()) continue;
        ListenerStats& listener = stats.listeners.emplace_back();
        listener.name = open ? "public" : "control";
        listener.connections_max = open ? options.connections_max : options.control_connections_max;
        for (const auto& context : impl_->contexts) {
            const ListenerCells& cells = context->cells.listeners[static_cast<std::size_t>(kind)];
            listener.closed += cells.closed.value();
            listener.accepted += cells.accepted.value();
            for (std::size_t r = 0; r < listener.refused.size(); ++r)
                listener.refused[r] += cells.refused[r].value();
            for (std::size_t r = 0; r < listener.handshakes.size(); ++r)
                listener.handshakes[r] += cells.handshakes[r].value();
            listener.handshakes_resumed += cells.handshakes_resumed.value();
            listener.handshakes_inside += cells.handshakes_inside.get();
            listener.handshakes_waiting += cells.handshakes_waiting.get();
        }
        const TlsOptions& tls = open ? options.tls : options.control_tls;
        listener.has_tls = tls.context != nullptr;
        if (!listener.has_tls) continue;
        listener.handshakes_max = tls.handshakes_max;
        listener.certificate_valid_until = tls.context->valid_until();
    }
    for (const auto& context : impl_->contexts) {
        context->cells.http_errors.add_to(stats.http_errors);
        stats.handler_errors += context->cells.handler_errors.value();
    }
    stats.body_memory = shared.body_memory.used();
    stats.body_memory_max = shared.body_memory.max();
    stats.response_memory = shared.response_memory.used();
    stats.response_memory_max = shared.response_memory.max();
    stats.draining = shared.unready.load(std::memory_order_relaxed);
    return stats;
}

}  // namespace spillway::http
