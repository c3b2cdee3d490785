#include "app/explain_page.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/instant_text.hpp"
#include "app/json_page.hpp"

namespace spillway::app {

namespace json = boost::json;
using http::ExplainEnd;
using http::ExplainRecord;
using http::Explanation;

namespace {

constexpr std::size_t latest_max = 50;
constexpr std::size_t earlier_max = 10;

std::string_view reason_of(const ExplainRecord& r) {
    switch (r.end) {
        case ExplainEnd::rejected:
            return core::to_string(static_cast<core::RejectReason>(r.reason));
        case ExplainEnd::dropped:
            return core::to_string(static_cast<core::DropReason>(r.reason));
        case ExplainEnd::finished:
            return core::to_string(static_cast<core::Ending>(r.reason));
        case ExplainEnd::pending:
        case ExplainEnd::unrouted:
            return {};
    }
    return {};
}

/// Which request it was, and what became of it.
json::object brief(const Explanation& what) {
    const ExplainRecord& r = what.record;
    json::object out;
    out["request_id"] = what.request_id;
    out["received_at"] = instant_text(r.received_at);
    if (!what.route.empty()) out["route"] = what.route;
    out["outcome"] = to_string(r.end);
    if (const auto reason = reason_of(r); !reason.empty())
        out[r.end == ExplainEnd::finished ? "ending" : "reason"] = reason;
    if (r.status != 0) out["status"] = r.status;
    out["stage"] = to_string(r.stage);
    return out;
}

json::object claim(const Explanation& what) {
    json::object out;
    out["band"] = what.record.band;
    out["cost"] = what.record.cost;
    if (!what.tenant.empty()) out["tenant"] = what.tenant;
    return out;
}

json::object limiter(const Explanation& what) {
    const ExplainRecord& r = what.record;
    json::object out;
    out["name"] = what.limiter;
    out["limit"] = r.limit;
    out["in_flight"] = r.in_flight;
    if (r.end == ExplainEnd::rejected) {
        out["units"] = r.units;
        out["waiting"] = r.waiting;
    }
    return out;
}

json::object queue(const ExplainRecord& r) {
    json::object out;
    out["position"] = r.joined_as;
    out["ahead"] = r.ahead;
    return out;
}

void add_times(json::object& out, const ExplainRecord& r) {
    json::object times;
    const auto add = [&times](std::string_view name, core::Duration duration) {
        if (duration > core::Duration::zero()) times[name] = core::to_seconds(duration);
    };
    add("total", r.took);
    add("held", r.held);
    add("wait", r.waited);
    add("service", r.served);
    add("usual_service", r.usual);
    add("allowed", r.allowed);
    out["seconds"] = std::move(times);
}

json::object whole(const Explanation& what) {
    const ExplainRecord& r = what.record;
    json::object out = brief(what);
    if (r.end != ExplainEnd::unrouted) {
        out["claim"] = claim(what);
        if (r.limit > 0 || r.in_flight > 0) out["limiter"] = limiter(what);
        if (r.joined_as > 0) out["queue"] = queue(r);
        if (r.body_bytes > 0) out["body_bytes"] = r.body_bytes;
    }
    if (r.retry_after_s > 0) {
        out["retry_after"] = json::object{{"seconds", r.retry_after_s},
                                          {"backlog_seconds", core::to_seconds(r.backlog)}};
    }
    add_times(out, r);
    json::array story;
    for (auto& sentence : explain_story(what)) story.emplace_back(sentence);
    out["story"] = std::move(story);
    return out;
}

json::object kept(const http::ExplainReach& reach) {
    json::object out;
    out["records"] = reach.kept;
    out["records_max"] = reach.capacity;
    const auto since = [](const std::optional<core::TimePoint>& at) -> json::value {
        if (!at) return "the start";
        return json::string(instant_text(*at));
    };
    out["refused_since"] = since(reach.refused_since);
    out["let_in_since"] = since(reach.let_in_since);
    return out;
}

http::Page::Content not_found(const http::ExplainReach& reach) {
    json::object out;
    out["type"] = "about:blank";
    out["title"] = "Not Found";
    out["status"] = 404;
    out["detail"] =
        reach.capacity == 0
            ? "no requests are kept: control.explain is 0"
            : "no request that is kept went by this id: it is older, it was a page, or it is under "
              "way and came without an id of its own";
    out["kept"] = kept(reach);
    return json_page(404, problem_type, out);
}

}  // namespace

http::Page::Content ExplainPage::render() const {
    json::object out;
    out["kept"] = kept(server_.explain_reach());
    json::array latest;
    for (const auto& one : server_.latest_refusals(latest_max)) latest.push_back(brief(one));
    out["latest_refusals"] = std::move(latest);
    return json_page(200, json_type, out);
}

http::Page::Content ExplainPage::render_below(std::string_view request_id) const {
    const auto found = server_.explain(request_id);
    if (found.empty()) return not_found(server_.explain_reach());
    json::object out = whole(found.front());
    json::array earlier;
    for (std::size_t i = 1; i < std::min(found.size(), earlier_max + 1); ++i)
        earlier.push_back(brief(found[i]));
    if (!earlier.empty()) out["earlier"] = std::move(earlier);
    return json_page(200, json_type, out);
}

}  // namespace spillway::app
