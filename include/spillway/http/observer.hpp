#pragma once
// What a server tells about single events; everything countable is in ServerStats instead.

#include <cstdint>
#include <string_view>

#include "spillway/core/time.hpp"

namespace spillway::http {

struct AccessRecord {
    std::string_view client;  // address, behind trusted proxies the forwarded one
    std::string_view method;
    std::string_view path;  // as sent, without the query; escape it where it is written
    std::string_view request_id;
    unsigned status = 0;  // 0: no answer was sent
    core::Duration duration{};
    bool is_refusal = false;
};

/// Called on the shards; must not block, must not throw. Thread-safe.
class Observer {
public:
    virtual ~Observer() = default;
    /// Whether on_request is wanted for such a status at all; asked first, so that nothing is
    /// gathered in vain.
    [[nodiscard]] virtual bool wants(unsigned status, bool is_refusal) const noexcept = 0;
    virtual void on_request(const AccessRecord& record) noexcept = 0;
    virtual void on_handler_error(std::string_view path, std::string_view what) noexcept = 0;
    virtual void on_accept_error(std::string_view what) noexcept = 0;
};

}  // namespace spillway::http
