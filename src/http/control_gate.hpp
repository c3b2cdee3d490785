#pragma once
// Who may do what on the control listener.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spillway/http/options.hpp"
#include "spillway/http/request.hpp"

namespace spillway::http {

/// A listener on loopback is within reach of every page that a browser on that machine shows: a
/// page's name may be made to stand for 127.0.0.1 (DNS rebinding), and a form may be sent anywhere.
/// So there requests must be for this machine by address or by a name of its own, and nothing that
/// changes state may come from another origin. One that is reached from elsewhere answers reads to
/// all, and changes state only for who holds the token. Immutable, thread-safe.
class ControlGate {
public:
    explicit ControlGate(ControlAccess access) : access_(std::move(access)) {}

    struct Refusal {
        unsigned status;  // 401, 403 or 421
        std::string_view detail;
    };
    /// Why not, or nothing. `is_on_loopback`: the listener really is, whatever its configuration
    /// says (a name, a socket that was passed); others are reached by whatever name the network has
    /// for them. `authority` is what the request is for (RFC 9110, section 7.2), empty
    /// in HTTP/1.0 without Host. O(fields).
    [[nodiscard]] std::optional<Refusal> refusal(bool is_on_loopback, std::string_view authority,
                                                 const RequestHead& head) const;

private:
    [[nodiscard]] bool is_own_name(std::string_view authority) const;
    [[nodiscard]] bool has_token(const RequestHead& head) const;

    ControlAccess access_;
};

}  // namespace spillway::http
