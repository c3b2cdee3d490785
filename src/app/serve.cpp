#include "app/serve.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <system_error>
#include <utility>

#include "app/activation.hpp"
#include "app/crash_trace.hpp"
#include "app/descriptors.hpp"
#include "app/drain.hpp"
#include "app/handover_giver.hpp"
#include "app/handover_taker.hpp"
#include "app/idle_trim.hpp"
#include "app/manager_clock.hpp"
#include "app/memory_reserve.hpp"
#include "app/options.hpp"
#include "app/service.hpp"
#include "app/version.hpp"
#include "spillway/async/steady_now.hpp"
#include "telemetry/refusal_summary.hpp"

namespace spillway::app {
namespace {

/// Once per second: what was refused, one line per route and reason; and what is tuned.
class SummaryClock {
public:
    SummaryClock(boost::asio::io_context& loop, Service& service, telemetry::Log& log)
        : timer_(loop), service_(service), log_(log), summary_(0, async::steady_now()) {
        wait();
    }
    void report_rest() {
        service_.refusals(totals_);
        write(summary_.report(async::steady_now(), totals_));
    }

private:
    void wait() {
        timer_.expires_after(std::chrono::seconds(1));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            service_.refusals(totals_);
            write(summary_.update(async::steady_now(), totals_));
            service_.tune(async::steady_now());
            watch_memory();
            wait();
        });
    }
    void watch_memory() {
        if (memory_reserve::restore()) log_.info("there is memory again");
        const bool is_spent = memory_reserve::is_spent();
        if (is_spent && !was_spent_)
            log_.error("memory has run out: requests that need much of it fail",
                       {{"reserve_bytes", memory_reserve::bytes}});
        was_spent_ = is_spent;
    }
    void write(const telemetry::RefusalSummary::Report& report) {
        for (const auto& line : report.lines) {
            const auto [route, reason] = service_.refusal_name(line.counter);
            log_.info("refused",
                      {{"count", line.count},
                       {"seconds", std::round(core::to_seconds(report.elapsed) * 100) / 100},
                       {"route", route},
                       {"reason", reason}});
        }
    }

    boost::asio::steady_timer timer_;
    Service& service_;
    telemetry::Log& log_;
    telemetry::RefusalSummary summary_;
    std::vector<std::uint64_t> totals_;
    bool was_spent_ = false;
};

/// Lowers max_connections to what the descriptor limit allows.
void fit_descriptors(config::Config& config, telemetry::Log& log) {
    const std::uint64_t allowed = raise_descriptor_limit();
    constexpr std::uint64_t control_reserve = 64;
    const std::uint64_t others =
        control_reserve +
        descriptors_besides_connections(config.server.shards.value(), config.server.listen.size());
    const std::uint64_t fit = allowed > others ? allowed - others : 1;
    if (config.server.max_connections <= fit) return;
    log.warn("max_connections lowered to fit the descriptor limit",
             {{"max_connections", fit},
              {"configured", config.server.max_connections},
              {"descriptors", allowed}});
    config.server.max_connections = static_cast<std::uint32_t>(fit);
}

/// Sockets come from the service manager, from the instance that runs, or are bound.
void start(Service& service, const config::Config& config, std::optional<HandoverGiver>& giver,
           telemetry::Log& log) {
    std::vector<http::PassedSocket> passed = activated_sockets();
    const std::size_t activated = passed.size();
    std::optional<HandoverTaker> taker;
    if (giver) taker = HandoverTaker::begin(config.server.handover);
    if (taker)
        for (auto& socket : taker->take_sockets()) passed.push_back(std::move(socket));

    std::vector<std::size_t> unwanted = service.start(std::move(passed));
    if (taker) {
        // Those of the service manager are all wanted: what is left has been taken.
        for (std::size_t& index : unwanted) index -= activated;
        const int earlier = taker->peer();
        if (taker->finish(unwanted))
            log.info("taken over", {{"unwanted", unwanted.size()}, {"released", true}});
        else
            log.warn(
                "taken over, but the earlier instance has not said that it accepts no more: if it "
                "still runs, both share the connections; end it",
                {{"pid", earlier}, {"unwanted", unwanted.size()}, {"released", false}});
    }
    if (giver) giver->open();
}

}  // namespace

int serve(const config::Loaded& loaded, Source source) {
    constexpr int exit_done = 0;
    constexpr int exit_failed = 1;
    constexpr int exit_cut = 3;
    constexpr std::chrono::seconds end_patience{1};
    constexpr std::uint32_t cpus_one_heap_serves = 8;

    std::signal(SIGPIPE, SIG_IGN);
    memory_reserve::hold();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    install_crash_trace();  // sanitizers have one of their own
#endif
    if (source.machine.cpus <= cpus_one_heap_serves) use_one_heap();
    config::Config config = config::resolve(loaded.config, source.machine);
    telemetry::Log log(log_options(config.log));
    for (const auto& warning : loaded.warnings) log.warn(warning);
    fit_descriptors(config, log);

    const ServiceManager manager;
    boost::asio::io_context loop(1);
    auto service = std::make_unique<Service>(config, log, loop.get_executor());
    // Before anybody can be told that we are here: a signal from then on means a drain.
    std::optional<Reloader> reloader;
    std::optional<HandoverGiver> giver;
    Drain drain(loop, drain_options(config.drain), service->server(), log,
                {.on_phase =
                     [&](core::DrainPlan::Phase phase) {
                         using Phase = core::DrainPlan::Phase;
                         if (phase == Phase::lame_duck || phase == Phase::sweeping)
                             manager.stopping(drain.left(async::steady_now()));
                         if (phase == Phase::sweeping && giver) giver->close();
                     },
                 .on_ended = [&loop] { loop.stop(); },
                 .on_hangup =
                     [&reloader] {
                         if (reloader) reloader->request();
                     }});
    reloader.emplace(
        loop, std::move(source), loaded.config, *service, log, manager,
        [&log](config::Config& next) { fit_descriptors(next, log); },
        [&drain](const config::Config& next) { drain.set_options(drain_options(next.drain)); });
    try {
        if (!config.server.handover.empty())
            giver.emplace(loop, config.server.handover, service->server(), log,
                          [&drain](const auto& unwanted) { drain.hand_over(unwanted); });
        start(*service, config, giver, log);
    } catch (const std::exception& error) {
        log.close();
        std::cerr << "spillway: " << error.what() << '\n';
        return exit_failed;
    }
    log.info(
        "serving",
        {{"version", version()}, {"shards", config.server.shards.value()}, {"pid", ::getpid()}});
    manager.ready();
    const ManagerClock told(loop, manager, *service, drain, log);
    SummaryClock summaries(loop, *service, log);
    loop.run();

    reloader->stop();
    if (giver) giver->stop();
    summaries.report_rest();
    const bool cut = drain.was_cut();
    const bool ended = service->stop(async::steady_now() + end_patience);
    if (!ended) log.warn("a job ignored its stop token; leaving without it");
    log.info("stopped", {{"cut", cut}});
    log.close();
    // Destructors would wait for the thread that does not end.
    if (!ended) std::_Exit(cut ? exit_cut : exit_done);
    return cut ? exit_cut : exit_done;
}

}  // namespace spillway::app
