#include "generator/reconcile.hpp"

#include <string_view>

namespace spillway::loadtest {

namespace {

/// The growth of the server's counters between two scrapes.
class Growth {
public:
    Growth(const ExpositionView& before, const ExpositionView& after, std::string_view route)
        : before_(before), after_(after), route_(route) {}

    [[nodiscard]] double of(std::string_view name) const {
        return after_.sum(name, {{"route", route_}}) - before_.sum(name, {{"route", route_}});
    }
    [[nodiscard]] double of(std::string_view name, std::string_view reason) const {
        return after_.sum(name, {{"route", route_}, {"reason", reason}}) -
               before_.sum(name, {{"route", route_}, {"reason", reason}});
    }

private:
    const ExpositionView& before_;
    const ExpositionView& after_;
    std::string_view route_;
};

Check check(std::string what, double min, double max, double server) {
    return {std::move(what), min, max, server, min <= server && server <= max};
}

double number(std::uint64_t n) { return static_cast<double>(n); }

void check_route(const std::string& route, const WireTally& tally, const Growth& growth,
                 std::vector<Check>& checks) {
    const double received = growth.of("requests_received_total");
    const double accepted = growth.of("requests_accepted_total");
    const double rejected = growth.of("requests_rejected_total");
    const double dropped = growth.of("requests_dropped_total");
    const double unknown = number(tally.unanswered);
    const double vague = number(tally.early + tally.foreign);
    const double answered = number(tally.granted + tally.refused + tally.named());

    checks.push_back(check(route + " received", answered, answered + vague + unknown, received));
    checks.push_back(check(route + " accepted", number(tally.granted),
                           number(tally.granted) + vague + unknown, accepted));
    const double refusals = number(tally.refused + tally.named());
    checks.push_back(check(route + " rejected", refusals, refusals + vague + unknown, rejected));
    for (std::size_t i = 0; i < core::reject_reason_count; ++i) {
        const auto reason = core::to_string(static_cast<core::RejectReason>(i));
        const double counted = growth.of("requests_rejected_total", reason);
        const double named = number(tally.rejected[i]);
        if (counted == 0 && named == 0) continue;
        checks.push_back(check(route + " rejected " + std::string(reason), named,
                               named + number(tally.refused) + vague + unknown, counted));
    }
    checks.push_back(check(route + " dropped", 0, unknown, dropped));
    // The server's own balance, once nothing is pending any more.
    checks.push_back(check(route + " received = accepted + rejected + dropped", received, received,
                           accepted + rejected + dropped));
}

/// Health pages and the like: the server counts their answers only.
void check_page(const std::string& path, const WireTally& tally, const Growth& growth,
                std::vector<Check>& checks) {
    const double answered = number(tally.granted + tally.refused + tally.named());
    checks.push_back(check(path + " responses", answered,
                           answered + number(tally.early + tally.foreign + tally.unanswered),
                           growth.of("responses_total")));
}

}  // namespace

std::vector<Check> reconcile(const ExpositionView& before, const ExpositionView& after,
                             const TallyByPath& paths) {
    std::vector<Check> checks;
    for (const auto& [path, tally] : paths) {
        const Growth growth(before, after, path);
        if (after.has("requests_received_total", {{"route", path}}))
            check_route(path, tally, growth, checks);
        else if (after.has("responses_total", {{"route", path}}))
            check_page(path, tally, growth, checks);
    }
    return checks;
}

bool is_same_process(const ExpositionView& before, const ExpositionView& after) {
    constexpr std::string_view began = "process_start_time_seconds";
    return before.sum(began) == after.sum(began);
}

bool is_quiet(const ExpositionView& scrape) { return scrape.sum("requests_pending") == 0; }

}  // namespace spillway::loadtest
