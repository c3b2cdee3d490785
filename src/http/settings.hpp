#pragma once
// All that may change while the server runs, as one immutable object. Each shard has a plain
// pointer to the present one; a request keeps the one with which it began, by a count that is its
// shard's own. So a change costs requests neither a lock nor an atomic, and no request sees half of
// it. The last request of the last shard frees what it has replaced.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/client_address.hpp"
#include "http/control_gate.hpp"
#include "http/route.hpp"
#include "http/router.hpp"
#include "spillway/http/options.hpp"

namespace spillway::http {

struct Settings {
    ServerOptions options;
    TrustedProxies trusted;
    ControlGate control_gate;
    std::array<Router, 2> routers;  // by ListenerKind
    std::vector<std::unique_ptr<Route>> routes;

    explicit Settings(ServerOptions o);
};

/// What a shard has to do with one of them. Shard-local.
struct SettingsInUse {
    std::shared_ptr<const Settings> settings;
    std::uint32_t requests = 0;  // that began with it and have not ended
};

struct PageEntry {
    enum class Kind : std::uint8_t {
        exact,
        tree,    // and all below its path
        action,  // asked for by POST
    };
    std::string path;
    const Page* page;
    bool on_open;
    bool on_control;
    Kind kind = Kind::exact;
};

/// Every route and limiter that there has been, in the order in which they came: counters and
/// prepared refusals go by that. The owner serialises calls, and holds its lock for those that are
/// not const.
class KnownRoutes {
public:
    static constexpr std::size_t routes_max = 1000;
    static constexpr std::size_t limiters_max = 1000;

    /// What is too much about these beside what is known; nothing if they are not.
    [[nodiscard]] std::string refusal(const std::vector<RouteSpec>& specs) const;

    /// With the routes made known, and their upload slots set. Throws for options that no
    /// configuration check lets pass.
    [[nodiscard]] std::shared_ptr<Settings> settings(ServerOptions options,
                                                     std::vector<RouteSpec> specs,
                                                     const std::vector<PageEntry>& pages,
                                                     std::size_t shards);

    [[nodiscard]] const std::vector<std::unique_ptr<RouteRecord>>& records() const noexcept {
        return records_;
    }
    [[nodiscard]] std::size_t limiter_count() const noexcept { return limiters_.size(); }

private:
    [[nodiscard]] RouteRecord& record(const RouteSpec& spec, std::size_t nth, std::size_t shards);
    [[nodiscard]] std::size_t index_of(const admission::Limiter* limiter);

    std::vector<std::unique_ptr<RouteRecord>> records_;
    std::vector<const admission::Limiter*> limiters_;
};

}  // namespace spillway::http
