#pragma once
// One thread that sends what the schedule asks for, when it asks for it.
//
// Open loop: the schedule is asked for the next intended instant and knows nothing of answers. An
// arrival takes an idle connection, or opens one while there are fewer than `connections`, or waits
// up to `connection_wait` for one, or ends unsent. Its latency runs from the intended instant, so
// neither that wait nor a late generator is hidden. The wait is short on purpose: a pool in which
// arrivals queue for long would protect the server from the load that was asked for.
//
// Closed loop: so many connections, each sends its next request when its last one has ended, and
// latency runs from the send. The server sets the pace: what most tools do, here for comparison.

#include <boost/asio/io_context.hpp>
#include <boost/circular_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "generator/alarm.hpp"
#include "generator/connection.hpp"
#include "generator/cpu_meter.hpp"
#include "generator/ledger.hpp"
#include "generator/message.hpp"
#include "generator/reconcile.hpp"
#include "scenario/mix.hpp"
#include "scenario/random.hpp"
#include "scenario/schedule.hpp"
#include "spillway/core/timer_wheel.hpp"

namespace spillway::loadtest {

struct EngineOptions {
    bool closed = false;
    core::Duration connection_wait = std::chrono::milliseconds{100};  // 0: none
    std::size_t backlog_max = 65'536;   // arrivals that wait for a connection
    std::size_t retries_max = 100'000;  // retries whose time has not come
    core::Duration interrupt_grace = std::chrono::seconds{1};
};

/// How far a run is. Counts are of everything so far.
struct Progress {
    core::Duration elapsed{0};
    core::Duration planned{0};
    Counts counts;
    std::size_t connections = 0;
    std::size_t busy = 0;
};

/// *Shard-local*: made, run and asked on one thread. The scenario outlives it.
class Engine final : private ConnectionOwner {
public:
    /// Throws std::runtime_error when a body's file cannot be read.
    Engine(boost::asio::io_context& context, const scenario::Scenario& scenario,
           boost::asio::ip::tcp::endpoint server, const std::string& authority,
           EngineOptions options);

    /// Runs to the end: until all arrivals have ended, or an interruption has. Once.
    void run();

    /// No more arrivals; what is under way gets `interrupt_grace`, after a second call none. May be
    /// called from a handler on the engine's context.
    void interrupt();

    /// What the server's limiters just said of themselves, for the time series.
    void sampled(std::vector<LimiterSample> limiters);

    /// Called about ten times a second, on the engine's thread.
    std::function<void(const Progress&)> on_tick;

    [[nodiscard]] Ledger& ledger() noexcept { return *ledger_; }
    /// What the requests of each path met, warm-ups included.
    [[nodiscard]] TallyByPath tally_by_path() const;
    [[nodiscard]] core::TimePoint began() const noexcept { return begin_; }
    /// Everything but the comparison with the server. After run().
    void report(Result& result);

private:
    struct Later {
        Request request;
        friend bool operator<(const Later& a, const Later& b) {
            return a.request.intended > b.request.intended;  // the heap's top is the earliest
        }
    };

    void on_answer(Connection& connection, const ResponseReader& answer) override;
    void on_failure(Connection& connection, Failure why) override;
    void on_no_socket(Connection& connection) override;
    void on_closed(Connection& connection) override;

    void begin();
    [[nodiscard]] bool is_over() const noexcept;
    void send_due(core::TimePoint now);
    [[nodiscard]] core::TimePoint next_due() const noexcept;
    void begin_arrival(const scenario::Arrival& arrival);
    void begin_closed(core::TimePoint now);
    void take(const Request& request, core::TimePoint now);
    [[nodiscard]] Connection* free_connection(const Request& request);
    /// When its caller hangs up, or the timeout is over.
    [[nodiscard]] core::TimePoint given_up_at(const Request& request) const;
    void start(Connection& connection, const Request& request);
    void expire_backlog(core::TimePoint now, bool all);
    void on_deadline(Connection& connection, core::TimePoint now);
    void ended(const Request& request, Ending ending, std::optional<std::uint32_t> retry_after_s,
               core::TimePoint now);
    void reuse(Connection& connection, core::TimePoint now);
    void tick(core::TimePoint now);
    [[nodiscard]] std::uint16_t phase_at(core::TimePoint t) const noexcept;
    void cut_all(core::TimePoint now);

    const scenario::Scenario& scenario_;
    EngineOptions options_;
    boost::asio::io_context& context_;
    core::TimerWheel wheel_;
    ConnectionContext shared_;
    Alarm alarm_;
    std::vector<Kind> kinds_;
    scenario::Schedule schedule_;
    scenario::Mix mix_;
    scenario::Random mix_random_;
    scenario::Random template_random_;
    std::unique_ptr<Ledger> ledger_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> idle_;  // open; the last used is the next to be used
    std::vector<Connection*> closed_;
    boost::circular_buffer<Request> backlog_;  // wait for a connection, in order of arrival
    std::vector<Later> later_;                 // retries, a heap
    std::optional<scenario::Arrival> next_;    // of the schedule
    std::uint64_t number_ = 0;
    std::size_t busy_ = 0;
    core::TimePoint begin_{};
    core::TimePoint end_{};  // of the arrivals
    core::TimePoint cut_at_ = core::never;
    core::TimePoint last_ended_{};
    core::TimePoint next_tick_{};
    std::uint64_t retries_dropped_ = 0;
    std::uint64_t no_socket_ = 0;
    bool interrupted_ = false;
    CpuMeter cpu_;
};

}  // namespace spillway::loadtest
