// The coroutine half of a session: the queue, the handler, and what may end them early. The body
// before them is in session_ingest.cpp, the reply behind them in session_send.cpp.

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <stdexcept>

#include "http/job_permit.hpp"
#include "http/session.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using core::Ending;
using core::RejectReason;
using core::TimePoint;

namespace {

constexpr core::Duration rate_check_interval = std::chrono::seconds(1);
/// How often the socket of a waiting client is asked for a FIN when its buffer has no room to read.
constexpr core::Duration full_buffer_poll = std::chrono::milliseconds(50);

constexpr auto use_tuple = asio::as_tuple(async::use_task);

Ending ending_of(unsigned status) noexcept {
    if (status < 400) return Ending::ok;
    return status < 500 ? Ending::client_error : Ending::error;
}

}  // namespace

void Session::spawn_serve(std::unique_ptr<Work> work) {
    state_ = State::serving;
    is_let_in_ = true;
    notes_ = {};
    refusal_.reset();
    body_ = BodyStore(context_.shared.body_memory);
    body_bytes_ = 0;
    body_mode_ = route_->handler->body_mode();
    waited_ = served_ = {};
    stage_ = Stage::body;  // until serve() says otherwise; the first one that it may be in
    ++operations_;
    // The frame lives no longer than this object: the completion below is counted as an operation.
    current_work_.reset(work.release());
    try {
        asio::co_spawn(context_.executor, serve(),
                       [this](std::exception_ptr error) { on_served(std::move(error)); });
    } catch (...) {
        --operations_;
        state_ = State::head;
        throw;
    }
}

async::Task<> Session::serve() {
    if (reservation_) {
        refusal_ = co_await sit_out_reservation();
        if (refusal_ || cut_ != Cut::none) co_return;
    }
    if (body_mode_ != BodyMode::streamed && !body_reader_.is_done()) refusal_ = co_await ingest();
    // A FIN that was seen while an earlier request was being answered counts like one that comes
    // now.
    if (!refusal_ && cut_ == Cut::none && peer_ended_ && !context_.options().half_close)
        cut_ = Cut::client_gone;
    if (refusal_ || cut_ != Cut::none) co_return;

    // From the end of the request, however long it was held back since.
    const TimePoint ended_at = body_begun_ ? context_.now() : head_at_;
    deadline_ = std::min(core::after(ended_at, route_->options.deadline), client_deadline_);
    refusal_ = co_await admit();
    if (refusal_ || cut_ != Cut::none) co_return;

    Reply reply = co_await run(*current_work_);
    // Also when the work, which knows the deadline too, was quicker to notice than the sweep.
    if (cut_ == Cut::deadline || (cut_ == Cut::none && context_.now() >= deadline_)) {
        reply = Reply::problem(504, "the deadline passed before the work was done");
        ending_ = Ending::deadline;
    } else if (cut_ != Cut::none) {
        co_return;
    }
    cut_ = Cut::none;
    co_await send(std::move(reply));
}

// --- the quota --------------------------------------------------------------------------------

/// Within its quota, but not yet: waits for its turn before its body is asked for, holding nothing.
/// Then the peek is asked once more, for the queue is another one by now.
async::Task<std::optional<RejectReason>> Session::sit_out_reservation() {
    stage_ = Stage::held;
    TimePoint now = context_.now();
    explain_progress(now);
    while (cut_ == Cut::none && now < reservation_.begins()) {
        if (peer_ended_ && !context_.options().half_close) {
            cut_ = Cut::client_gone;
            break;
        }
        schedule(stage_deadline(now));
        read_more();
        co_await bytes_came_.async_wait(async::use_task);
        now = context_.now();
    }
    notes_.held = now - head_at_;
    if (cut_ != Cut::none) co_return std::nullopt;
    reservation_.begin();
    const auto reason = peek(now);
    if (reason) show_peek_to_shadow(now, *reason);
    co_return reason;
}

// --- admission --------------------------------------------------------------------------------

/// The claim with its cost, now that the body is in; a streaming handler's is not.
core::Claim Session::settled_claim() const noexcept {
    if (route_->claims_nothing) return core::any_claim;
    core::Claim claim = claim_;
    if (body_mode_ != BodyMode::streamed)
        claim.cost = route_->claims.cost(body_bytes_, body_.bytes());
    return claim;
}

async::Task<std::optional<RejectReason>> Session::admit() {
    const TimePoint arrived = context_.now();
    admission::Limiter& limiter = *route_->limiter;
    stage_ = Stage::queue;

    // What is left must suffice for the work itself, else waiting only wastes it.
    const auto usual = route_->usual.usual(arrived);
    const TimePoint hopeless_at = usual ? deadline_ - *usual : deadline_;
    if (hopeless_at <= arrived) co_return RejectReason::deadline;

    TimePoint granted_at = arrived;
    core::Claim claim = settled_claim();
    notes_.cost = claim.cost;
    if (auto permit = limiter.try_acquire(arrived, claim.cost)) {
        permit_ = std::move(*permit);
        if (limiter.shadow() != nullptr) show_grant_to_shadow(arrived, claim, hopeless_at);
    } else {
        claim.deadline = hopeless_at;
        if (const auto refused = limiter.refusal(claim)) {
            show_refusal_to_shadow(arrived, claim, *refused);
            co_return refused;
        }
        admission::ShadowWait shadow(limiter.shadow(), arrived, claim);
        const TimePoint patience = core::after(arrived, limiter.wait_timeout());
        claim.deadline = std::min(patience, hopeless_at);
        schedule(stage_deadline(arrived));
        read_more();
        explain_joining(arrived);
        auto token = asio::bind_cancellation_slot(cancel_.slot(), use_tuple);
        auto result = co_await limiter.async_acquire(claim, &notes_.place, token);
        granted_at = context_.now();
        waited_ = granted_at - arrived;
        const boost::system::error_code error = std::get<0>(result);
        if (error && error != asio::error::operation_aborted) shadow.refused(granted_at);
        if (error == async::AcquireError::queue_full) co_return RejectReason::queue_full;
        if (error == async::AcquireError::shed) co_return RejectReason::shed;
        if (error == async::AcquireError::evicted) {
            notes_.was_evicted = true;
            co_return RejectReason::shed;
        }
        if (error == async::AcquireError::closed) co_return RejectReason::draining;
        if (error == async::AcquireError::wait_timeout) {
            co_return hopeless_at < patience ? RejectReason::deadline : RejectReason::wait_timeout;
        }
        if (error) co_return std::nullopt;  // cancelled: `cut_` says why
        permit_ = limiter.admit(granted_at, std::move(std::get<1>(result)), granted_at - arrived);
        permit_.follow(shadow.granted(granted_at));
    }
    tally_.accept();
    granted_at_ = granted_at;
    notes_.limit = limiter.limit();
    tally_.cells()->admission_wait.observe(waited_);
    in_flight_seen_ = permit_.in_flight_at_grant();
    co_return std::nullopt;
}

// --- the work ---------------------------------------------------------------------------------

async::Task<Reply> Session::run(Work& work) {
    stage_ = Stage::work;
    schedule(stage_deadline(granted_at_));
    read_more();
    explain_progress(granted_at_);
    Reply reply;
    std::exception_ptr thrown;
    try {
        reply = co_await work.run(*this);
        if (reply.status < 200 || reply.status > 599)
            throw std::logic_error("the handler's answer has no final status");
    } catch (...) {
        thrown = std::current_exception();
    }
    const TimePoint now = context_.now();
    if (permit_) {  // a loop handler: the work ends here
        served_ = now - granted_at_;
        const bool counts = !thrown && cut_ == Cut::none;
        const auto outcome = counts ? reply.outcome : core::Outcome::ignored;
        permit_.finish(now, outcome_at(now, overdue_at(), outcome));
        permit_ = {};
    }
    if (thrown) {
        context_.cells.handler_errors.add();
        std::string what;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& e) {
            what = e.what();
        } catch (...) {
            what = "an exception that is no std::exception";
        }
        context_.shared.observer.on_handler_error(route_->options.path, what);
        error_logged_ = true;
        reply = Reply::problem(500, "the handler failed");
    } else if (cut_ == Cut::none && reply.outcome == core::Outcome::success) {
        route_->usual.record(now, served_);
    }
    if (cut_ == Cut::none) tally_.cells()->service_duration.observe(served_);
    ending_ = ending_of(reply.status);
    co_return reply;
}

/// When the work has taken longer than the route allows. What only its caller had no time for says
/// nothing of the load, and must not lower anybody's limit.
TimePoint Session::overdue_at() const noexcept {
    return deadline_ < client_deadline_ ? deadline_ : core::never;
}

async::Task<Reply> JobWork::run(Exchange& exchange) { return exchange.compute(*this); }

namespace {

struct Computed {
    Reply reply;
    core::TimePoint ended_at;
};

}  // namespace

async::Task<Reply> Session::compute(JobWork& work) {
    // All that the job needs goes with it: when the client leaves or the deadline passes, this
    // coroutine ends at once, while the job keeps body and permit until the CPU is free again.
    // The permit is destroyed last: whoever gets it next finds the body's memory free.
    auto job = [permit = JobPermit(std::move(permit_), overdue_at(), context_.shared.now),
                owner = current_work_, body = std::move(body_), bytes = body_bytes_,
                now = context_.shared.now, &work](async::JobContext& job_context) mutable {
        Computed computed;
        try {
            computed.reply = work.compute({.body = body.bytes(), .body_bytes = bytes}, job_context);
        } catch (...) {
            permit.record(now(), core::Outcome::ignored);
            throw;
        }
        computed.ended_at = now();
        permit.record(computed.ended_at, job_context.stop.stop_requested()
                                             ? core::Outcome::ignored
                                             : computed.reply.outcome);
        return computed;
    };
    auto token = asio::bind_cancellation_slot(cancel_.slot(), async::use_task);
    auto result = co_await route_->pool->async_run(std::move(job), deadline_, token);
    if (result.status == async::RunStatus::threw) std::rethrow_exception(result.error);
    if (result.status == async::RunStatus::done) {
        served_ = result.value->ended_at - granted_at_;
        co_return std::move(result.value->reply);
    }
    // Cancelled: nobody looks at the reply. Refused cannot be while the limits in front of the pool
    // sum to what it holds, and undone only after a drain that was cut.
    Reply reply = Reply::problem(500, "the worker pool did not take the work");
    reply.outcome = core::Outcome::ignored;
    co_return reply;
}

// --- while it runs ----------------------------------------------------------------------------

TimePoint Session::stage_deadline(TimePoint now) const {
    const auto& options = context_.options();
    const TimePoint poll = end_ == buffers_->in_size && !peer_ended_ && !options.half_close
                               ? core::after(now, full_buffer_poll)
                               : core::never;
    switch (stage_) {
        case Stage::held:
            return std::min(poll, reservation_.begins());
        case Stage::body:
            if (body_mode_ == BodyMode::streamed) return deadline_;
            return std::min({core::after(body_began_, options.body_timeout), next_rate_check_,
                             client_deadline_, deadline_});
        case Stage::queue:
            return std::min(poll, deadline_);
        case Stage::work:
            return std::min(poll, deadline_);
        case Stage::reply:
            return write_until_;
    }
    return core::never;
}

void Session::on_due_while_serving(TimePoint now) {
    const auto& options = context_.options();
    switch (stage_) {
        case Stage::held:
            if (now >= reservation_.begins()) return bytes_came_.notify();
            if (end_ == buffers_->in_size && !options.half_close && stream_.peer_has_closed())
                return cut(Cut::client_gone);
            return schedule(stage_deadline(now));
        case Stage::body: {
            if (now >= deadline_) return cut(Cut::deadline);  // of a streaming handler
            if (body_mode_ == BodyMode::streamed) return schedule(stage_deadline(now));
            const core::Duration age = now - body_began_;
            if (age >= options.body_timeout || now >= client_deadline_)
                return cut(Cut::body_timeout);
            if (now >= next_rate_check_) {
                const double wanted =
                    static_cast<double>(options.body_rate_min) * core::to_seconds(age);
                if (static_cast<double>(body_bytes_) < wanted) return cut(Cut::body_timeout);
                next_rate_check_ = core::after(now, rate_check_interval);
            }
            return schedule(stage_deadline(now));
        }
        case Stage::queue:
        case Stage::work:
            if (stage_ == Stage::work && now >= deadline_) return cut(Cut::deadline);
            if (end_ == buffers_->in_size && !options.half_close && stream_.peer_has_closed())
                return cut(Cut::client_gone);
            if (now < deadline_) schedule(stage_deadline(now));
            return;  // else the queue ends this wait itself, and says why
        case Stage::reply:
            return cut(Cut::write_timeout);
    }
}

void Session::cut(Cut why) {
    // The first cause stands; but a drain must not miss whoever is about to send a 504.
    if (cut_ != Cut::none && !(cut_ == Cut::deadline && why == Cut::drain)) return;
    cut_ = why;
    switch (stage_) {
        case Stage::held:
            return bytes_came_.notify();
        case Stage::body:
            if (bytes_came_.has_waiter()) return bytes_came_.notify();
            [[fallthrough]];  // the 100 Continue is being written
        case Stage::reply:
            return stream_.abort();
        case Stage::queue:
        case Stage::work:
            return cancel_.emit(asio::cancellation_type::terminal);
    }
}

/// The request ends without an answer: dropped if it had no permit, else finished as what it is.
void Session::finish_unanswered(TimePoint now) {
    const bool by_drain = cut_ == Cut::drain;
    if (tally_.is_pending()) {
        const auto why = by_drain ? core::DropReason::drain_cut : core::DropReason::client_gone;
        tally_.drop(why);
        explain_unanswered(now, ExplainEnd::dropped, static_cast<std::uint8_t>(why));
    } else if (tally_.is_accepted()) {
        const Ending why = by_drain ? Ending::drain_cut : Ending::client_gone;
        tally_.finish(why);
        explain_unanswered(now, ExplainEnd::finished, static_cast<std::uint8_t>(why));
    }
}

void Session::on_served(std::exception_ptr error) {
    Operation operation(*this);
    const TimePoint now = context_.now();
    current_work_.reset();
    close_upload();
    body_.clear();
    permit_ = {};
    reservation_ = {};
    state_ = State::head;
    if (error) {
        // Not the handler's (run() has caught those): memory ran out, most likely.
        context_.shared.observer.on_handler_error(route_->options.path,
                                                  "the request was abandoned");
        cut_ = Cut::client_gone;
    }
    if (cut_ != Cut::none) {
        finish_unanswered(now);
        return close();
    }
    guarded([this, now] { return refusal_ ? refuse(now, *refusal_) : after_reply(now); });
}

}  // namespace spillway::http
