#include "spillway/http/server.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>

#include "http/explain_reader.hpp"
#include "http/listeners.hpp"
#include "http/server_stats.hpp"

namespace spillway::http {

struct Server::Impl {
    Impl(async::ShardSet& set, ServerOptions options, Observer& observer)
        : shards(set), first_options(std::move(options)), shared(first_options, observer) {}

    async::ShardSet& shards;
    ServerOptions first_options;
    std::vector<RouteSpec> first_routes;
    Shared shared;
    // In this order: listeners end before the contexts that their sweeper nodes point into.
    ShardContexts contexts;
    Listeners listeners{contexts};
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
    on_every_shard(impl_->contexts,
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

    Listening listening = impl.listeners.listen(impl.first_options, std::move(passed));
    impl.shared.is_control_local = impl.listeners.is_control_local();
    return listening;
}

std::vector<Server::ListeningSocket> Server::sockets() const {
    std::vector<ListeningSocket> sockets;
    for (const auto& listeners : impl_->listeners.by_socket()) {
        const Listener& first = *listeners.front();
        sockets.push_back({first.kind() == ListenerKind::open ? "public" : "control",
                           first.descriptor(), first.is_kept()});
    }
    return sockets;
}

void Server::hand_over(const std::vector<std::size_t>& unwanted) {
    const auto sockets = impl_->listeners.by_socket();
    std::vector<const Listener*> leaving;
    for (std::size_t i = 0; i < sockets.size(); ++i)
        if (std::ranges::find(unwanted, i) == unwanted.end())
            leaving.insert(leaving.end(), sockets[i].begin(), sockets[i].end());
    impl_->listeners.on_all([&leaving](Listener& listener) {
        if (std::ranges::find(leaving, &listener) != leaving.end()) listener.close();
    });
    is_lent_ = false;
}

void Server::start() { impl_->listeners.start(); }

void Server::release_spare() {
    for (const auto& context : impl_->contexts)
        boost::asio::post(context->executor, [one = context.get()] { one->release_spare(); });
}

bool Server::is_ready() const noexcept {
    return !impl_->shared.unready.load(std::memory_order_relaxed);
}

void Server::set_unready() { impl_->shared.unready.store(true, std::memory_order_relaxed); }

void Server::stop_handshakes(core::Duration idle_grace) {
    auto& impl = *impl_;
    impl.listeners.on_all([this](Listener& listener) {
        if (listener.kind() != ListenerKind::open) return;
        // A filter would stop the others, too. What waits in the queue is theirs.
        if (is_lent_ || listener.is_kept()) return listener.close();
        listener.stop_handshakes();
    });
    impl.shared.idle_grace_ns.store(idle_grace.count(), std::memory_order_relaxed);
    impl.shared.closing.store(true, std::memory_order_relaxed);
    on_every_shard(impl.contexts, [](ShardContext& context) { context.begin_closing(); });
}

bool Server::is_backlog_empty() const { return impl_->listeners.is_backlog_empty(); }

void Server::close_listeners() {
    impl_->listeners.on_all([](Listener& listener) {
        if (listener.kind() == ListenerKind::open) listener.close();
    });
}

void Server::set_cut_at(core::TimePoint at) {
    impl_->shared.cut_at.store(at.time_since_epoch().count(), std::memory_order_relaxed);
}

void Server::cut() {
    on_every_shard(impl_->contexts,
                   [](ShardContext& context) { context.cut_all(ListenerKind::open); });
}

Server::Left Server::left() const noexcept {
    Left left;
    for (const auto& context : impl_->contexts) {
        const std::uint64_t ended = context->cells.requests_ended.value();
        left.requests += context->cells.requests_begun.value() - ended;
    }
    left.connections = impl_->shared.connections[0].load(std::memory_order_relaxed) +
                       impl_->listeners.parked_count();
    return left;
}

std::uint64_t Server::accepted() const noexcept {
    std::uint64_t accepted = 0;
    for (const auto& context : impl_->contexts)
        accepted += context->cells.listeners[0].accepted.value();
    return accepted;
}

bool Server::stop(core::TimePoint deadline) {
    impl_->listeners.on_all([](Listener& listener) { listener.close(); });
    impl_->listeners.on_all([](Listener& listener) { listener.abandon(); });
    on_every_shard(impl_->contexts, [](ShardContext& context) { context.stop(); });
    // Each turn lets every shard run what the closing has completed.
    do {
        on_every_shard(impl_->contexts, [](ShardContext&) {});
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
    return collect_stats(impl_->shared, impl_->contexts,
                         !impl_->first_options.control_listen.empty());
}

}  // namespace spillway::http
