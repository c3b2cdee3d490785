#include "http/control_gate.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "http/syntax.hpp"
#include "tls/secret.hpp"

namespace spillway::http {
namespace {

bool changes_state(Method method) noexcept {
    return method != Method::get && method != Method::head && method != Method::options;
}

std::string_view host_of(std::string_view authority) noexcept {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return authority.substr(1, end == std::string_view::npos ? end : end - 1);
    }
    return authority.substr(0, authority.find(':'));
}

bool is_address(std::string_view host) {
    boost::system::error_code error;
    boost::asio::ip::make_address(std::string(host), error);
    return !error;
}

/// A page of this very host and port, or no page at all.
bool is_same_origin(std::string_view origin, std::string_view authority) noexcept {
    if (origin.empty()) return true;
    const auto scheme_end = origin.find("://");
    return scheme_end != std::string_view::npos &&
           equals_ignoring_case(origin.substr(scheme_end + 3), authority);
}

}  // namespace

bool ControlGate::is_own_name(std::string_view authority) const {
    constexpr std::string_view local = ".localhost";
    const std::string_view host = host_of(authority);
    if (host.empty() || equals_ignoring_case(host, "localhost") || is_address(host)) return true;
    if (host.size() > local.size() &&
        equals_ignoring_case(host.substr(host.size() - local.size()), local))
        return true;
    return std::ranges::any_of(access_.hosts, [host](const std::string& name) {
        return equals_ignoring_case(name, host);
    });
}

bool ControlGate::has_token(const RequestHead& head) const {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view value = head.find("authorization");
    return value.size() > scheme.size() &&
           equals_ignoring_case(value.substr(0, scheme.size()), scheme) &&
           tls::is_same_secret(trimmed(value.substr(scheme.size())), access_.token);
}

std::optional<ControlGate::Refusal> ControlGate::refusal(bool is_on_loopback,
                                                         std::string_view authority,
                                                         const RequestHead& head) const {
    if (is_on_loopback && !is_own_name(authority))
        return Refusal{421, "the Host is no name of the control listener; control.hosts adds one"};
    if (!changes_state(head.method())) return std::nullopt;

    const std::string_view site = head.find("sec-fetch-site");
    const bool is_from_elsewhere = !is_same_origin(head.find("origin"), authority) ||
                                   (!site.empty() && site != "same-origin" && site != "none");
    if (is_from_elsewhere)
        return Refusal{403, "a page of another origin must not change anything here"};
    if (access_.token.empty()) {
        if (is_on_loopback) return std::nullopt;
        return Refusal{403,
                       "reads only: the listener is not on loopback, and there is no "
                       "control.token_file"};
    }
    if (has_token(head)) return std::nullopt;
    return Refusal{
        401, "Authorization: Bearer with the token of control.token_file is missing or wrong"};
}

}  // namespace spillway::http
