#include "http/server_stats.hpp"

namespace spillway::http {
namespace {

/// What ends a request is read before what begins it: a request that passes between the two reads
/// shows as pending, never as ended without having been received.
void add_cells(const RouteCells& cells, RouteStats& route) {
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

RouteStats route_stats(const RouteRecord& record) {
    RouteStats route;
    route.path = record.path;
    route.limiter = record.limiter;
    for (const auto& name : record.shares) route.tenants.push_back({.name = name});
    if (!route.tenants.empty()) route.tenants.push_back({.name = "other"});
    // Records of one path share their state: the first one tells.
    if (record.is_first) route.held = record.state->held.load(std::memory_order_relaxed);
    for (const auto& cells : record.cells) add_cells(*cells, route);
    return route;
}

PageStats page_stats(const PageEntry& entry, std::size_t index, const ShardContexts& contexts) {
    PageStats page;
    page.path = entry.path;
    for (const auto& context : contexts) {
        context->cells.pages[index].responses.add_to(page.responses);
        context->cells.pages[index].request_duration.snapshot(page.request_duration);
    }
    return page;
}

void add_cells(const ListenerCells& cells, ListenerStats& listener) {
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

ListenerStats listener_stats(ListenerKind kind, const ServerOptions& options,
                             const ShardContexts& contexts) {
    const bool is_open = kind == ListenerKind::open;
    ListenerStats listener;
    listener.name = is_open ? "public" : "control";
    listener.connections_max = is_open ? options.connections_max : options.control_connections_max;
    for (const auto& context : contexts)
        add_cells(context->cells.listeners[static_cast<std::size_t>(kind)], listener);
    const TlsOptions& tls = is_open ? options.tls : options.control_tls;
    listener.has_tls = tls.context != nullptr;
    if (listener.has_tls) {
        listener.handshakes_max = tls.handshakes_max;
        listener.certificate_valid_until = tls.context->valid_until();
    }
    return listener;
}

}  // namespace

ServerStats collect_stats(const Shared& shared, const ShardContexts& contexts, bool has_control) {
    ServerStats stats;
    const std::lock_guard lock(shared.mutex);
    const ServerOptions& options = shared.settings->options;
    for (const auto& record : shared.known.records()) stats.routes.push_back(route_stats(*record));
    for (std::size_t i = 0; i < shared.pages.size(); ++i)
        stats.pages.push_back(page_stats(shared.pages[i], i, contexts));
    stats.listeners.push_back(listener_stats(ListenerKind::open, options, contexts));
    if (has_control)
        stats.listeners.push_back(listener_stats(ListenerKind::control, options, contexts));
    for (const auto& context : contexts) {
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
