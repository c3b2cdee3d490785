#include "generator/run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <utility>

#include "generator/progress.hpp"
#include "generator/reconcile.hpp"
#include "generator/scraper.hpp"
#include "generator/signals.hpp"
#include "generator/target.hpp"
#include "generator/verdict.hpp"
#include "spillway/async/steady_now.hpp"

namespace spillway::loadtest {

namespace asio = boost::asio;

namespace {

constexpr std::size_t limiters_max = 8;
/// For what is still under way in the server after the last answer: jobs of clients that left.
constexpr int quiet_looks_max = 60;
constexpr std::chrono::milliseconds quiet_look_every{50};
constexpr ::rlim_t descriptors_besides_connections = 64;

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

/// Lets this process have as many descriptors as it may; false when those are too few.
bool has_descriptors(std::size_t connections) {
    ::rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur == RLIM_INFINITY ||
           limit.rlim_cur >= connections + descriptors_besides_connections;
}

/// The server's metrics, before and after.
class Metrics {
public:
    /// Does nothing when the scenario says `none`.
    Metrics(const scenario::Scenario& scenario, Reconciliation& report) : report_(report) {
        if (scenario.metrics == "none") return;
        report_.url =
            scenario.metrics == "auto" ? root_of(scenario.target) + "/metrics" : scenario.metrics;
        target_ = parse_target(report_.url);
        if (!target_) {
            report_.unavailable = "not a URL of the form http://host[:port]/path";
            return;
        }
        server_ = reach(*target_, report_.unavailable);
        if (!server_) return;
        before_ = scrape();
        if (report_.unavailable.empty() && before_.all("requests_received_total").empty())
            report_.unavailable = "they have no spillway_requests_received_total";
    }

    [[nodiscard]] bool is_available() const {
        return !report_.url.empty() && report_.unavailable.empty();
    }
    [[nodiscard]] const Target& target() const { return *target_; }
    [[nodiscard]] const asio::ip::tcp::endpoint& server() const { return *server_; }
    [[nodiscard]] std::vector<std::string> limiters() const {
        auto names = before_.values_of("limit", "limiter");
        if (names.size() > limiters_max) names.resize(limiters_max);
        return names;
    }

    void compare(TallyByPath paths) {
        if (!is_available()) return;
        // The scrapes themselves are answers under this path.
        paths.erase(target_->path.substr(0, target_->path.find('?')));
        ExpositionView after = scrape();
        for (int i = 0; i < quiet_looks_max && is_available() && !is_quiet(after); ++i) {
            asio::io_context context;
            asio::steady_timer pause(context, quiet_look_every);
            pause.wait();
            after = scrape();
        }
        if (!is_available()) return;
        if (is_same_process(before_, after))
            report_.checks = reconcile(before_, after, paths);
        else
            report_.unavailable = "it was started again during the run, and counts from zero";
    }

private:
    static std::string root_of(const std::string& url) {
        const auto target = parse_target(url);
        return target ? "http://" + target->authority : url;
    }
    ExpositionView scrape() {
        const auto text = fetch(*target_, *server_, report_.unavailable);
        return text ? ExpositionView(*text) : ExpositionView();
    }

    Reconciliation& report_;
    std::optional<Target> target_;
    std::optional<asio::ip::tcp::endpoint> server_;
    ExpositionView before_;
};

std::vector<LimiterSample> samples_of(const ExpositionView& scrape,
                                      const std::vector<std::string>& limiters) {
    std::vector<LimiterSample> samples;
    for (const auto& name : limiters)
        samples.push_back({scrape.sum("limit", {{"limiter", name}}),
                           scrape.sum("in_flight", {{"limiter", name}}),
                           scrape.sum("queue_depth", {{"limiter", name}})});
    return samples;
}

/// What the run was asked to be.
Result empty_result(const scenario::Scenario& scenario, const EngineOptions& options) {
    Result result;
    result.scenario = scenario.name;
    result.target = scenario.target;
    result.mode = options.closed ? "closed" : "open";
    result.started_at = utc_now();
    result.planned_s = core::to_seconds(core::Duration{scenario::length_of(scenario)});
    result.objective_ms = static_cast<double>(scenario.slo.count());
    result.seed = scenario.seed;
    return result;
}

/// Signals and scrapes on the engine's own loop, while it runs.
void load(asio::io_context& context, Engine& engine, const Metrics& metrics,
          const scenario::Scenario& scenario, const std::vector<std::string>& limiters,
          bool shows_progress) {
    const Signals signals(context.get_executor(), [&] { engine.interrupt(); });
    std::optional<Scraper> scraper;
    if (metrics.is_available() && !limiters.empty())
        scraper.emplace(context, metrics.target(), metrics.server(),
                        core::Duration{scenario.metrics_every}, [&](const std::string& text) {
                            engine.sampled(samples_of(ExpositionView(text), limiters));
                        });
    ProgressLine line;
    if (shows_progress)
        engine.on_tick = [&](const Progress& progress) { line.show(progress, engine.ledger()); };
    engine.run();
    line.end();
}

}  // namespace

std::optional<Result> run(const scenario::Scenario& scenario, const RunOptions& options,
                          std::string& why) {
    const auto target = parse_target(scenario.target);
    if (!target) {
        why = scenario.target + ": not a URL of the form http://host[:port]";
        return std::nullopt;
    }
    if (!has_descriptors(scenario.connections)) {
        why = "this process may not have " + std::to_string(scenario.connections) +
              " connections open (see ulimit -n)";
        return std::nullopt;
    }
    const auto server = reach(*target, why);
    if (!server) return std::nullopt;
    Result result = empty_result(scenario, options.engine);
    Metrics metrics(scenario, result.server);
    const auto limiters = metrics.is_available() ? metrics.limiters() : std::vector<std::string>{};
    asio::io_context context{1};
    Engine engine(context, scenario, *server, target->authority, options.engine);
    load(context, engine, metrics, scenario, limiters, options.shows_progress);
    engine.report(result);
    result.series.limiters = limiters;
    metrics.compare(engine.tally_by_path());
    judge(result);
    return result;
}

}  // namespace spillway::loadtest
