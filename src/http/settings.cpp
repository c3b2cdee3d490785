#include "http/settings.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace spillway::http {

namespace {

/// How many routes of each path have been seen.
class Turns {
public:
    std::size_t next(const std::string& path) { return seen_[path]++; }

private:
    std::map<std::string, std::size_t> seen_;
};

void add_page(Router& router, const PageEntry& page, std::size_t index) {
    const bool is_action = page.kind == PageEntry::Kind::action;
    const Place place{Place::Kind::page, static_cast<std::uint16_t>(index)};
    MethodSet methods;
    methods.add(is_action ? Method::post : Method::get);
    router.add(page.path, methods, place);
    if (page.kind == PageEntry::Kind::tree) router.add_tree(page.path + '/', methods, place);
}

}  // namespace

Settings::Settings(ServerOptions o)
    : options(std::move(o)),
      trusted(options.trusted_proxies),
      control_gate(options.control_access) {}

std::string KnownRoutes::refusal(const std::vector<RouteSpec>& specs) const {
    Turns turns;
    std::size_t routes = records_.size();
    std::set<const admission::Limiter*> limiters(limiters_.begin(), limiters_.end());
    for (const RouteSpec& spec : specs) {
        const std::size_t nth = turns.next(spec.options.path);
        limiters.insert(spec.limiter);
        if (std::ranges::none_of(records_, [&](const auto& r) { return r->is_of(spec, nth); }))
            ++routes;
    }
    const auto too_many = [](std::size_t n, std::string_view what, std::size_t most) {
        return std::to_string(n) + ' ' + std::string(what) +
               " since the start, whose series would be kept (allowed: " + std::to_string(most) +
               "; restart to forget those that are gone)";
    };
    if (routes > routes_max) return too_many(routes, "routes", routes_max);
    if (limiters.size() > limiters_max) return too_many(limiters.size(), "limiters", limiters_max);
    return {};
}

std::shared_ptr<Settings> KnownRoutes::settings(ServerOptions options, std::vector<RouteSpec> specs,
                                                const std::vector<PageEntry>& pages,
                                                std::size_t shards) {
    auto made = std::make_shared<Settings>(std::move(options));
    for (std::size_t i = 0; i < pages.size(); ++i) {
        if (pages[i].on_open) add_page(made->routers[0], pages[i], i);
        if (pages[i].on_control) add_page(made->routers[1], pages[i], i);
    }
    Turns turns;
    for (RouteSpec& spec : specs) {
        RouteRecord& known = record(spec, turns.next(spec.options.path), shards);
        known.state->uploads.with(
            [&spec](core::UploadSlots& slots) { slots.set_slots_max(spec.options.uploads_max); });
        MethodSet methods;
        for (const auto& name : spec.options.methods) methods.add(parse_method(name));
        const auto index = static_cast<std::uint16_t>(made->routes.size());
        made->routers[0].add(spec.options.path, methods, {Place::Kind::route, index});
        const std::size_t limiter = index_of(spec.limiter);
        made->routes.push_back(std::make_unique<Route>(std::move(spec), limiter, known));
    }
    return made;
}

RouteRecord& KnownRoutes::record(const RouteSpec& spec, std::size_t nth, std::size_t shards) {
    std::shared_ptr<RouteState> state;
    for (const auto& known : records_) {
        if (known->is_of(spec, nth)) return *known;
        if (known->is_of(spec.options.path, nth)) state = known->state;
    }
    records_.push_back(
        std::make_unique<RouteRecord>(spec, records_.size(), nth, std::move(state), shards));
    return *records_.back();
}

std::size_t KnownRoutes::index_of(const admission::Limiter* limiter) {
    const auto found = std::ranges::find(limiters_, limiter);
    if (found != limiters_.end()) return static_cast<std::size_t>(found - limiters_.begin());
    limiters_.push_back(limiter);
    return limiters_.size() - 1;
}

}  // namespace spillway::http
