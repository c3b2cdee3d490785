// What a session decides at the end of a header: the first half of the path of a request.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "http/problem.hpp"
#include "http/session.hpp"

namespace spillway::http {

using core::RejectReason;
using core::TimePoint;

void Session::dispatch(TimePoint now) {
    const HeadParser& head = parser();
    head_at_ = now;
    tally_.reset();
    route_ = nullptr;
    page_ = nullptr;
    in_flight_seen_.reset();
    met_quotas_ = false;
    deadline_ = client_deadline_ = core::never;
    cut_ = Cut::none;
    body_begun_ = error_logged_ = is_let_in_ = false;
    is_head_ = head.method() == Method::head;
    body_reader_ =
        head.is_chunked() ? BodyReader::chunked() : BodyReader::sized(head.content_length());

    const Settings& settings = context_.settings();
    // RFC 9110, 7.4: only a gateway may have ended the TLS that https asks for.
    if (head.is_https() && stream_.secure() == nullptr && !settings.trusted.contains(peer_))
        return refuse_before_route(now, 421, "https is not served on a connection in the clear");
    if (kind_ == ListenerKind::control) {
        const auto refusal =
            settings.control_gate.refusal(context_.shared.is_control_local, head.authority(), head);
        if (refusal) return refuse_before_route(now, refusal->status, refusal->detail);
    }
    const Router& router = settings.routers[static_cast<std::size_t>(kind_)];
    const Router::Match match = router.find(head.path(), head.method());
    switch (match.place.kind) {
        case Place::Kind::page:
            return show_page(now, match.place.index);
        case Place::Kind::route:
            return begin_route(now, *settings.routes[match.place.index]);
        case Place::Kind::none:
            break;
    }
    if (match.is_path) {
        const std::string allow = "Allow: " + match.allowed.to_string() + "\r\n";
        return reply_now(now, 405, problem_type,
                         problem_json(405, "the method is not allowed here", ""), allow);
    }
    if (head.path() == "*")
        return reply_now(now, 200, {}, {}, "Allow: GET, HEAD, POST, OPTIONS\r\n");
    reply_now(now, 404, problem_type, problem_json(404, "there is nothing at this path", ""));
}

void Session::refuse_before_route(TimePoint now, unsigned status, std::string_view detail) {
    reply_now(now, status, problem_type, problem_json(status, detail, ""),
              status == 401 ? "WWW-Authenticate: Bearer\r\n" : "");
}

void Session::show_page(TimePoint now, std::size_t index) {
    const PageEntry& entry = context_.shared.pages[index];
    page_ = &context_.cells.pages[index];
    const std::string_view path = parser().path();
    const bool is_below =
        entry.kind == PageEntry::Kind::tree && path.size() > entry.path.size() + 1;
    const Page::Content content =
        is_below ? entry.page->render_below(decode_path(path.substr(entry.path.size() + 1)))
                 : entry.page->render();
    reply_now(now, content.status, content.content_type, content.body,
              "Cache-Control: no-store\r\n");
}

/// Everything that can be known before a byte of the body is read. Reserves nothing.
[[gnu::always_inline]] inline std::optional<RejectReason> Session::peek_here(TimePoint now) const {
    const Shared& shared = context_.shared;
    if (shared.response_memory.is_full()) return RejectReason::egress_full;

    const auto usual = route_->usual.usual(now);
    if (usual) {
        const TimePoint ends = core::after(now, *usual);
        if (ends > shared.drain_cut_at()) return RejectReason::draining;
        if (ends > std::min(client_deadline_, core::after(now, route_->options.deadline)))
            return RejectReason::deadline;
    }
    if (client_deadline_ <= now) return RejectReason::deadline;
    return route_->limiter->refusal(route_->claims_nothing ? core::any_claim : claim_);
}

std::optional<RejectReason> Session::peek(TimePoint now) const { return peek_here(now); }

/// In line, as what it calls first: each refusal of an overload passes here.
[[gnu::always_inline]] inline void Session::begin_admission(TimePoint now) {
    Route& route = *route_;
    if (const auto reason = peek_here(now)) {
        if (route.limiter->shadow() != nullptr) show_peek_to_shadow(now, *reason);
        return refuse(now, *reason);
    }
    if (parser().content_length() > route.options.body_bytes_max)
        return refuse(now, RejectReason::body_too_large);

    auto prepared = route.handler->prepare(parser());
    if (const auto* bad = std::get_if<BadRequest>(&prepared))
        return refuse_bad_request(now, bad->detail);
    spawn_serve(std::get<std::unique_ptr<Work>>(std::move(prepared)));
}

void Session::begin_route(TimePoint now, Route& route) {
    RouteCells& cells = *route.record.cells[context_.index];
    settings_ = context_.use_settings();
    route_ = &route;
    tally_.receive(cells);
    if (!route.claims_nothing) read_claim(route, cells);
    if (!read_client_deadline(now)) {
        return refuse_bad_request(now, "Request-Timeout must be a number of seconds");
    }
    if (!route.quotas.is_empty()) return begin_within_quota(now);
    begin_admission(now);
}

/// The caller's own share is asked for before the service's state: over it a request gets 429
/// whatever the load, and what asks is charged whatever becomes of it.
void Session::begin_within_quota(TimePoint now) {
    met_quotas_ = true;
    auto verdict = route_->quotas.take(now, tenant_.hash, patience(now));
    if (!verdict.allowed) return refuse_over_quota(now, verdict);
    reservation_ = std::move(verdict.later);
    begin_admission(now);
    if (state_ != State::serving) reservation_ = {};
}

/// How long a request may be held back and still end in time.
core::Duration Session::patience(TimePoint now) const {
    if (!route_->quotas.may_delay()) return core::Duration::zero();
    const TimePoint latest = std::min({client_deadline_, core::after(now, route_->options.deadline),
                                       context_.shared.drain_cut_at()});
    const auto usual = route_->usual.usual(now).value_or(core::Duration::zero());
    return std::max(latest - now - usual, core::Duration::zero());
}

/// Band, tenant, and as much of the cost as can be known before the body is in.
void Session::read_claim(const Route& route, RouteCells& cells) {
    const Shared& shared = context_.shared;
    const Origin origin{
        .peer = peer_, .trusted = context_.settings().trusted, .key = shared.hash_key};
    tenant_ = route.tenants.read(parser(), origin);
    claim_ = route.claims.read(parser(), parser().content_length(), origin);
    claim_.tenant = tenant_.hash;
    claim_.share = tenant_.share;
    if (cells.tenants.empty()) return;
    const std::size_t others = cells.tenants.size() - 1;
    tally_.attribute(cells.tenants[std::min<std::size_t>(claim_.share, others)]);
}

/// Request-Timeout in decimal seconds, or Prefer: wait=N (RFC 7240, 4.3); the shorter one counts.
/// False for a Request-Timeout that is no number; a malformed preference is ignored, as that RFC
/// asks.
bool Session::read_client_deadline(TimePoint now) {
    if (const auto text = parser().request_timeout(); !text.empty()) {
        const auto ms = parse_decimal_seconds_ms(text);
        if (!ms) return false;
        client_deadline_ = core::after(now, std::chrono::milliseconds(*ms));
    }
    if (const auto wait = parser().preferred_wait()) {
        const auto until = core::after(now, std::chrono::seconds(*wait));
        client_deadline_ = std::min(client_deadline_, until);
    }
    return true;
}

}  // namespace spillway::http
