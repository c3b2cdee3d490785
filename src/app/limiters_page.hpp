#pragma once
// /limiters of the control listener.

#include <map>
#include <mutex>
#include <string>

#include "app/metrics.hpp"
#include "spillway/http/server.hpp"

namespace spillway::app {

/// The live state of every limiter as JSON: limit and why it last moved, who holds and who waits,
/// what the queue does. Made at each request; takes each queue's lock for a moment.
class LimitersPage final : public http::Page {
public:
    /// `names` guards the three others; `pools`: the pool of each limiter that has one. All must
    /// outlive this.
    LimitersPage(const http::Server& server, std::mutex& names, const Limiters& limiters,
                 const NamedQuotas& quotas,
                 const std::map<std::string, std::string>& pools) noexcept
        : server_(server), names_(names), limiters_(limiters), quotas_(quotas), pools_(pools) {}
    [[nodiscard]] Content render() const override;

private:
    const http::Server& server_;
    std::mutex& names_;
    const Limiters& limiters_;
    const NamedQuotas& quotas_;
    const std::map<std::string, std::string>& pools_;
};

}  // namespace spillway::app
