#include "generator/engine.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <string>
#include <utility>

#include "generator/latency.hpp"
#include "generator/retry.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::loadtest {

using async::steady_now;
using core::Duration;
using core::TimePoint;

namespace {

/// Arrivals, and then completions, that are dealt with before the clock is read anew and the other
/// side has its turn: neither a burst of arrivals nor one of answers may starve the other.
constexpr int turn = 32;
constexpr Duration tick_every = std::chrono::milliseconds{100};
/// A closed loop would otherwise hammer a dead server as fast as connections are refused.
constexpr Duration closed_pause_after_failure = std::chrono::milliseconds{10};

}  // namespace

Engine::Engine(boost::asio::io_context& context, const scenario::Scenario& scenario,
               boost::asio::ip::tcp::endpoint server, const std::string& authority,
               EngineOptions options)
    : scenario_(scenario),
      options_(options),
      context_(context),
      wheel_(steady_now()),
      shared_{*this, context.get_executor(), wheel_, std::move(server)},
      alarm_(context.get_executor()),
      schedule_(scenario.phases, scenario.seed),
      mix_(scenario),
      mix_random_(scenario.seed, scenario::Stream::mix),
      template_random_(scenario.seed, scenario::Stream::templates),
      backlog_(options.backlog_max) {
    kinds_.reserve(scenario.clients.size());
    for (const auto& [name, client] : scenario.clients) kinds_.emplace_back(client, authority);
    for (std::uint32_t i = 0; i < scenario.connections; ++i) {
        connections_.push_back(std::make_unique<Connection>(shared_));
        closed_.push_back(connections_.back().get());
    }
    std::reverse(closed_.begin(), closed_.end());
    idle_.reserve(connections_.size());
    later_.reserve(options.closed ? connections_.size() : options.retries_max);
}

// --- the loop
// --------------------------------------------------------------------------------------

void Engine::begin() {
    begin_ = steady_now();
    end_ = begin_ + Duration{scenario::length_of(scenario_)};
    last_ended_ = begin_;
    next_tick_ = begin_ + tick_every;
    ledger_ = std::make_unique<Ledger>(
        scenario_, begin_, end_ - begin_ + scenario_.timeout + options_.connection_wait);
    cpu_.begin(begin_, process_cpu());
    if (options_.closed)
        for (std::size_t i = 0; i < connections_.size(); ++i) begin_closed(begin_);
    else
        next_ = schedule_.next();
}

void Engine::run() {
    const auto work = boost::asio::make_work_guard(context_);
    begin();
    while (true) {
        const TimePoint now = steady_now();
        send_due(now);
        expire_backlog(now, false);
        wheel_.advance(now, [this, now](core::TimerWheel::Node& node) {
            auto& timer = static_cast<Connection::Timer&>(node);
            if (timer.is_pace)
                timer.connection.go_on();
            else
                on_deadline(timer.connection, now);
        });
        if (now >= next_tick_) tick(now);
        if (is_over()) break;
        int handled = 0;
        while (handled < turn && context_.poll_one() > 0) ++handled;
        if (handled > 0) continue;
        alarm_.set(next_due());
        context_.run_one();
    }
    cpu_.end(steady_now(), process_cpu());
}

bool Engine::is_over() const noexcept {
    return busy_ == 0 && backlog_.empty() && !next_ && later_.empty();
}

TimePoint Engine::next_due() const noexcept {
    TimePoint due = std::min(next_tick_, wheel_.next_due());
    if (next_) due = std::min(due, begin_ + next_->at);
    if (!later_.empty()) due = std::min(due, later_.front().request.intended);
    if (!backlog_.empty())
        due = std::min(due, backlog_.front().intended + options_.connection_wait);
    return due;
}

void Engine::tick(TimePoint now) {
    next_tick_ = now + tick_every;
    cpu_.look(now, process_cpu());
    ledger_->series().connections(now, shared_.open_now);
    if (now >= cut_at_) cut_all(now);
    if (on_tick)
        on_tick({.elapsed = now - begin_,
                 .planned = end_ - begin_,
                 .counts = ledger_->counts(),
                 .connections = shared_.open_now,
                 .busy = busy_});
}

// --- arrivals
// --------------------------------------------------------------------------------------

void Engine::send_due(TimePoint now) {
    for (int i = 0; i < turn; ++i) {
        const bool has_retry = !later_.empty() && later_.front().request.intended <= now;
        const bool has_arrival = next_ && begin_ + next_->at <= now;
        if (has_retry && (!has_arrival || later_.front().request.intended <= begin_ + next_->at)) {
            std::pop_heap(later_.begin(), later_.end());
            const Request request = later_.back().request;
            later_.pop_back();
            take(request, steady_now());
        } else if (has_arrival) {
            begin_arrival(*next_);
            next_ = schedule_.next();
        } else {
            return;
        }
    }
}

void Engine::begin_arrival(const scenario::Arrival& arrival) {
    const auto choice = mix_.pick(arrival.phase, mix_random_);
    take({.intended = begin_ + arrival.at,
          .number = number_++,
          .tenant = choice.tenant,
          .attempt = 1,
          .phase = static_cast<std::uint16_t>(arrival.phase),
          .kind = static_cast<std::uint16_t>(choice.kind)},
         steady_now());
}

void Engine::begin_closed(TimePoint now) {
    if (now >= end_ || interrupted_) return;
    const auto phase = phase_at(now);
    const auto choice = mix_.pick(phase, mix_random_);
    take({.intended = now,
          .number = number_++,
          .tenant = choice.tenant,
          .attempt = 1,
          .phase = phase,
          .kind = static_cast<std::uint16_t>(choice.kind)},
         now);
}

void Engine::take(const Request& request, TimePoint now) {
    ledger_->offer(request);
    ledger_->delayed(now - request.intended, now);
    if (given_up_at(request) <= now) return ledger_->unsent(request, Unsent::too_late, now);
    if (Connection* const connection = free_connection(request)) return start(*connection, request);
    if (options_.connection_wait <= Duration{0})
        return ledger_->unsent(request, Unsent::no_connection, now);
    if (backlog_.full()) return ledger_->unsent(request, Unsent::backlog_full, now);
    backlog_.push_back(request);
}

Connection* Engine::free_connection(const Request& request) {
    const auto pop = [](std::vector<Connection*>& from) {
        Connection* const connection = from.back();
        from.pop_back();
        return connection;
    };
    if (!kinds_[request.kind].wants_own_connection()) {
        if (!idle_.empty()) return pop(idle_);
        return closed_.empty() ? nullptr : pop(closed_);
    }
    if (!closed_.empty()) return pop(closed_);
    if (idle_.empty()) return nullptr;
    Connection* const connection = pop(idle_);
    connection->close();
    return connection;
}

TimePoint Engine::given_up_at(const Request& request) const {
    const auto patience = kinds_[request.kind].client().patience;
    return request.intended +
           std::min<Duration>(patience.value_or(scenario_.timeout), scenario_.timeout);
}

void Engine::start(Connection& connection, const Request& request) {
    ++busy_;
    connection.start(request, kinds_[request.kind], template_random_, given_up_at(request));
}

void Engine::expire_backlog(TimePoint now, bool all) {
    while (!backlog_.empty()) {
        const Request& first = backlog_.front();
        if (!all && first.intended + options_.connection_wait > now) return;
        ledger_->unsent(first, all ? Unsent::over : Unsent::no_connection, now);
        backlog_.pop_front();
        last_ended_ = now;
    }
}

// --- endings
// ---------------------------------------------------------------------------------------

void Engine::on_answer(Connection& connection, const ResponseReader& answer) {
    const TimePoint now = steady_now();
    const Request request = connection.request();
    const Ending ending =
        ledger_->answered(request, {answer.status(), answer.reason()}, now - request.intended, now);
    ended(request, ending, answer.retry_after_s(), now);
    reuse(connection, now);
}

void Engine::on_failure(Connection& connection, Failure why) {
    const TimePoint now = steady_now();
    const Request request = connection.request();
    ledger_->failed(request, why, connection.has_sent(), now);
    ended(request, Ending::failed, std::nullopt, now);
    reuse(connection, now);
}

void Engine::on_no_socket(Connection& connection) {
    const TimePoint now = steady_now();
    ++no_socket_;
    ledger_->unsent(connection.request(), Unsent::no_connection, now);
    ended(connection.request(), Ending::unsent, std::nullopt, now);
    reuse(connection, now);
}

void Engine::on_closed(Connection& connection) {
    SPILLWAY_ASSERT(connection.index < idle_.size() && idle_[connection.index] == &connection);
    idle_[connection.index] = idle_.back();
    idle_[connection.index]->index = connection.index;
    idle_.pop_back();
    closed_.push_back(&connection);
}

void Engine::on_deadline(Connection& connection, TimePoint now) {
    const Request request = connection.request();
    const bool was_sent = connection.has_sent();
    const auto patience = kinds_[request.kind].client().patience;
    connection.close();
    if (patience && *patience < scenario_.timeout) {
        ledger_->left(request, was_sent, now);
        ended(request, Ending::left, std::nullopt, now);
    } else {
        ledger_->failed(request, Failure::timeout, was_sent, now);
        ended(request, Ending::failed, std::nullopt, now);
    }
    reuse(connection, now);
}

void Engine::ended(const Request& request, Ending ending,
                   std::optional<std::uint32_t> retry_after_s, TimePoint now) {
    --busy_;
    last_ended_ = now;
    Request again = request;
    if (options_.closed) {
        // Its connection goes on at once, but for a failure: see the pause above.
        if (ending != Ending::failed && ending != Ending::unsent) return;
        again.intended = now + closed_pause_after_failure;
    } else {
        const auto delay = retry_delay(kinds_[request.kind].client().retry, request.attempt, ending,
                                       retry_after_s);
        if (!delay) return;
        again.intended = core::after(now, *delay);
        ++again.attempt;
    }
    if (again.intended >= end_ || interrupted_ || later_.size() == later_.capacity()) {
        retries_dropped_ += static_cast<std::uint64_t>(!options_.closed);
        return;
    }
    again.phase = phase_at(again.intended);
    later_.push_back({again});
    std::push_heap(later_.begin(), later_.end());
}

void Engine::reuse(Connection& connection, TimePoint now) {
    while (!backlog_.empty()) {
        const Request request = backlog_.front();
        backlog_.pop_front();
        if (given_up_at(request) <= now) {  // nobody is there any more to send it
            ledger_->unsent(request, Unsent::no_connection, now);
            continue;
        }
        ledger_->waited(now - request.intended);
        if (kinds_[request.kind].wants_own_connection()) connection.close();
        return start(connection, request);
    }
    connection.index = idle_.size();
    (connection.is_open() ? idle_ : closed_).push_back(&connection);
    if (options_.closed && later_.size() + busy_ < connections_.size()) begin_closed(now);
}

std::uint16_t Engine::phase_at(TimePoint t) const noexcept {
    TimePoint end = begin_;
    for (std::size_t i = 0; i + 1 < scenario_.phases.size(); ++i) {
        end += Duration{scenario_.phases[i].length};
        if (t < end) return static_cast<std::uint16_t>(i);
    }
    return static_cast<std::uint16_t>(scenario_.phases.size() - 1);
}

// --- the end
// ---------------------------------------------------------------------------------------

void Engine::interrupt() {
    const TimePoint now = steady_now();
    if (!ledger_) return;
    if (!interrupted_) {
        interrupted_ = true;
        end_ = std::min(end_, now);
        // A generator that is behind has not taken up what is due: rates are over what it has.
        if (next_) end_ = std::min(end_, begin_ + next_->at);
        next_.reset();
        retries_dropped_ += options_.closed ? 0 : later_.size();
        later_.clear();
        expire_backlog(now, true);
        cut_at_ = now + options_.interrupt_grace;
    } else {
        cut_at_ = now;
    }
    next_tick_ = now;
}

void Engine::cut_all(TimePoint now) {
    for (auto& connection : connections_) {
        if (!connection->is_busy()) continue;
        const bool was_sent = connection->has_sent();
        connection->close();
        ledger_->left(connection->request(), was_sent, now);
        ended(connection->request(), Ending::left, std::nullopt, now);
        closed_.push_back(connection.get());
    }
}

void Engine::sampled(std::vector<LimiterSample> limiters) {
    if (ledger_) ledger_->series().limiters(steady_now(), std::move(limiters));
}

TallyByPath Engine::tally_by_path() const {
    TallyByPath paths;
    for (std::size_t i = 0; i < kinds_.size(); ++i)
        if (!kinds_[i].route().empty()) paths[kinds_[i].route()].merge(ledger_->wire()[i]);
    return paths;
}

void Engine::report(Result& result) {
    ledger_->report(result, end_ - begin_);
    result.interrupted = interrupted_;
    result.duration_s = core::to_seconds(last_ended_ - begin_);
    Generator& generator = result.generator;
    generator.cpu = cpu_.mean();
    generator.cpu_max = cpu_.max();
    generator.connections_max = connections_.size();
    generator.connections_opened = shared_.opened;
    generator.connections_peak = shared_.open_peak;
    generator.bytes_sent = shared_.bytes_sent;
    generator.bytes_received = shared_.bytes_received;
    generator.retries_dropped = retries_dropped_;
    if (no_socket_ > 0)
        generator.complaints.push_back(std::to_string(no_socket_) +
                                       " connections could not be opened: no port or descriptor "
                                       "was left on this machine");
}

}  // namespace spillway::loadtest
