#include "spillway/http/server.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <future>
#include <random>
#include <stdexcept>

#include "http/explain_reader.hpp"
#include "http/listener.hpp"
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
        : shards(set), shared(std::move(options), observer) {}

    async::ShardSet& shards;
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

    /// On the listener's own shard.
    void close_listeners(ListenerKind kind) {
        on_all_shards([this, kind](ShardContext& context) {
            for (auto& listener : listeners)
                if (&listener->context() == &context && listener->kind() == kind) listener->close();
        });
    }
};

Server::Server(async::ShardSet& shards, ServerOptions options, Observer& observer)
    : impl_(std::make_unique<Impl>(shards, std::move(options), observer)) {}

Server::~Server() = default;

void Server::add_page(std::string path, const Page& page, bool on_open, bool on_control) {
    auto& shared = impl_->shared;
    const auto index = static_cast<std::uint16_t>(shared.pages.size());
    MethodSet methods;
    methods.add(Method::get);
    const Place place{Place::Kind::page, index};
    if (on_open) shared.routers[0].add(path, methods, place);
    if (on_control) shared.routers[1].add(path, methods, place);
    shared.pages.push_back({std::move(path), &page});
}

void Server::add_page_tree(std::string path, const Page& page, bool on_open, bool on_control) {
    auto& shared = impl_->shared;
    const Place place{Place::Kind::page, static_cast<std::uint16_t>(shared.pages.size())};
    MethodSet methods;
    methods.add(Method::get);
    if (on_open) shared.routers[0].add_tree(path + '/', methods, place);
    if (on_control) shared.routers[1].add_tree(path + '/', methods, place);
    add_page(std::move(path), page, on_open, on_control);
    shared.pages.back().is_tree = true;
}

void Server::add_route(RouteSpec spec) {
    auto& shared = impl_->shared;
    auto& limiters = shared.limiters;
    auto found = std::find(limiters.begin(), limiters.end(), spec.limiter);
    if (found == limiters.end()) found = limiters.insert(limiters.end(), spec.limiter);

    MethodSet methods;
    for (const auto& name : spec.options.methods) methods.add(parse_method(name));
    const auto index = static_cast<std::uint16_t>(shared.routes.size());
    shared.routers[0].add(spec.options.path, methods, {Place::Kind::route, index});
    shared.routes.push_back(std::make_unique<Route>(
        std::move(spec), static_cast<std::size_t>(found - limiters.begin())));
}

std::vector<Server::Bound> Server::listen() {
    auto& impl = *impl_;
    std::random_device entropy;
    const auto draw = [&entropy] { return (std::uint64_t{entropy()} << 32) ^ entropy(); };
    impl.shared.hash_key = {.k0 = draw(), .k1 = draw()};
    for (std::size_t i = 0; i < impl.shards.size(); ++i) {
        const std::uint64_t seed = draw();
        impl.contexts.push_back(
            std::make_unique<ShardContext>(impl.shards[i].executor(), impl.shared, i, seed));
    }
    for (auto& context : impl.contexts)
        for (auto& peer : impl.contexts) context->peers.push_back(peer.get());

    std::vector<Bound> bound;
    try {
        for (const auto& text : impl.shared.options.listen) {
            tcp::endpoint endpoint = parse_endpoint(text);
            for (auto& context : impl.contexts)
                impl.add_listener(*context, ListenerKind::open, endpoint);
            bound.push_back({"public", to_text(endpoint)});
        }
        if (!impl.shared.options.control_listen.empty()) {
            tcp::endpoint endpoint = parse_endpoint(impl.shared.options.control_listen);
            impl.add_listener(*impl.contexts.front(), ListenerKind::control, endpoint);
            bound.push_back({"control", to_text(endpoint)});
        }
    } catch (...) {
        for (auto& listener : impl.listeners) listener->close();
        throw;
    }
    return bound;
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
    for (auto& listener : impl.listeners)
        if (listener->kind() == ListenerKind::open) listener->stop_handshakes();
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
    return left;
}

std::uint64_t Server::accepted() const noexcept {
    std::uint64_t accepted = 0;
    for (const auto& context : impl_->contexts)
        accepted += context->cells.listeners[0].accepted.value();
    return accepted;
}

bool Server::stop(core::TimePoint deadline) {
    impl_->close_listeners(ListenerKind::open);
    impl_->close_listeners(ListenerKind::control);
    impl_->on_all_shards([](ShardContext& context) { context.stop(); });
    // Each turn lets every shard run what the closing has completed.
    do {
        impl_->on_all_shards([](ShardContext&) {});
        if (impl_->shared.connections[0].load() + impl_->shared.connections[1].load() == 0)
            return true;
    } while (async::steady_now() < deadline);
    return false;
}

std::size_t Server::route_count() const noexcept { return impl_->shared.routes.size(); }

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
    for (std::size_t i = 0; i < shared.routes.size(); ++i) {
        RouteStats& route = stats.routes.emplace_back();
        route.path = shared.routes[i]->options.path;
        route.limiter = shared.routes[i]->limiter->name();
        for (const auto& name : shared.routes[i]->options.tenant.shares)
            route.tenants.push_back({.name = name});
        if (!route.tenants.empty()) route.tenants.push_back({.name = "other"});
        route.held = shared.routes[i]->quotas.held();
        for (const auto& context : impl_->contexts) {
            const RouteCells& cells = context->cells.routes[i];
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
        if (!open && shared.options.control_listen.empty()) continue;
        ListenerStats& listener = stats.listeners.emplace_back();
        listener.name = open ? "public" : "control";
        listener.connections_max =
            open ? shared.options.connections_max : shared.options.control_connections_max;
        for (const auto& context : impl_->contexts) {
            const ListenerCells& cells = context->cells.listeners[static_cast<std::size_t>(kind)];
            listener.closed += cells.closed.value();
            listener.accepted += cells.accepted.value();
            for (std::size_t r = 0; r < listener.refused.size(); ++r)
                listener.refused[r] += cells.refused[r].value();
        }
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
