// The story of a request in words, from its record alone.

#include <charconv>
#include <chrono>

#include "spillway/http/explain.hpp"

namespace spillway::http {

using core::DropReason;
using core::Ending;
using core::RejectReason;

namespace {

std::string text_of(core::Duration duration) {
    const double ms = core::to_seconds(duration) * 1000;
    std::array<char, 32> digits{};
    const bool is_long = ms >= 1000;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), is_long ? ms / 1000 : ms,
                      std::chars_format::fixed, is_long ? 2 : 1);
    return std::string(digits.data(), end.ptr) + (is_long ? " s" : " ms");
}

std::string count(std::uint64_t n, std::string_view one, std::string_view many) {
    return std::to_string(n) + ' ' + std::string(n == 1 ? one : many);
}

std::string quoted(std::string_view name) { return '\'' + std::string(name) + '\''; }

/// Who asked for what.
std::string opening(const Explanation& what) {
    const ExplainRecord& r = what.record;
    std::string text =
        "It was for " + std::string(what.route) + ", behind limiter " + quoted(what.limiter);
    if (r.band != 0) text += ", in band " + std::to_string(r.band);
    if (!what.tenant.empty()) text += ", of tenant " + quoted(what.tenant);
    if (r.cost > 1) text += ", at a cost of " + std::to_string(r.cost) + " units";
    return text + '.';
}

std::string load(const ExplainRecord& r) {
    return count(r.in_flight, "permit was", "permits were") + " held (" +
           count(r.units, "unit", "units") + " of " + std::to_string(r.limit) + ") and " +
           count(r.waiting, "request", "requests") + " waited";
}

std::string of_time(const ExplainRecord& r) {
    std::string text = "it had " + text_of(r.allowed) + " in all";
    if (r.usual > core::Duration::zero())
        text += ", and its route usually takes " + text_of(r.usual);
    return text;
}

std::string why(const ExplainRecord& r, RejectReason reason) {
    switch (reason) {
        case RejectReason::queue_full:
            return "Refused because the queue was full: " + load(r) + '.';
        case RejectReason::wait_timeout:
            return "Refused because no permit became free within the limiter's wait_timeout: when "
                   "it gave up, " +
                   load(r) + '.';
        case RejectReason::deadline:
            return "Refused because it could not have ended in time: " + of_time(r) + '.';
        case RejectReason::shed:
            if (r.was_evicted)
                return "Evicted from the full queue for a newcomer with the better claim (a more "
                       "urgent band, or a tenant with fewer waiting).";
            if (r.joined_as > 0)
                return "Refused when its turn came, because it had waited too long in a queue that "
                       "did not empty (CoDel).";
            return "Refused because the queue was above its watermark: " + load(r) + '.';
        case RejectReason::draining:
            return "Refused because the server is shutting down and it would not have ended before "
                   "that.";
        case RejectReason::ingest_full:
            return "Refused because there was no upload slot, or no memory, for its body.";
        case RejectReason::egress_full:
            return "Refused because too many bytes of replies wait for slow readers.";
        case RejectReason::rate_limited:
            return "Refused because its caller had spent its quota; how busy the service was did "
                   "not "
                   "matter.";
        case RejectReason::body_too_large:
            return "Refused because its body is larger than the route allows.";
        case RejectReason::body_timeout:
            return "Refused because its body came too slowly, or had to give its upload slot to "
                   "another.";
        case RejectReason::bad_request:
            return "Refused because the request is malformed: its parameters, its Request-Timeout "
                   "or "
                   "its chunks.";
    }
    return {};
}

std::string ended(Ending ending) {
    switch (ending) {
        case Ending::ok:
            return "the work was done";
        case Ending::client_error:
            return "its handler could not do what was asked";
        case Ending::error:
            return "its handler failed";
        case Ending::deadline:
            return "its deadline passed before the work was done";
        case Ending::client_gone:
            return "the client had gone";
        case Ending::drain_cut:
            return "the drain's time was up";
    }
    return {};
}

void tell_waiting(std::vector<std::string>& story, const ExplainRecord& r) {
    if (r.held > core::Duration::zero())
        story.push_back("Its quota held it back for " + text_of(r.held) + '.');
    if (r.body_bytes > 0)
        story.push_back("It sent a body of " + count(r.body_bytes, "byte", "bytes") + '.');
    if (r.joined_as > 0) {
        std::string text = "It joined the queue as waiter " + std::to_string(r.joined_as) +
                           ", with " + std::to_string(r.ahead) + " ahead of it";
        if (r.end != ExplainEnd::pending) text += ", and waited " + text_of(r.waited);
        story.push_back(text + '.');
    }
}

/// Of one that has had its permit, or has it.
void tell_work(std::vector<std::string>& story, const ExplainRecord& r) {
    story.push_back(
        (r.joined_as > 0 ? "Then it was granted a permit: " : "It was granted a permit at once: ") +
        count(r.in_flight, "request was", "requests were") +
        " in flight then, itself included, under a limit of " + std::to_string(r.limit) + '.');
}

void tell_end(std::vector<std::string>& story, const ExplainRecord& r) {
    switch (r.end) {
        case ExplainEnd::pending:
            story.push_back(r.stage == ExplainStage::queue  ? "It is waiting for a permit."
                            : r.stage == ExplainStage::work ? "It is being worked on."
                            : r.stage == ExplainStage::held ? "Its quota holds it back."
                                                            : "Its body is being read.");
            return;
        case ExplainEnd::unrouted:
        case ExplainEnd::rejected: {
            std::string text = "It was answered " + std::to_string(r.status);
            if (r.took > core::Duration::zero()) text += " after " + text_of(r.took);
            if (r.retry_after_s > 0) {
                text += " and told to come back in " + std::to_string(r.retry_after_s) + " s";
                if (r.backlog > core::Duration::zero())
                    text += ", since " + text_of(r.backlog) + " had to pass first";
            }
            story.push_back(text + '.');
            return;
        }
        case ExplainEnd::dropped:
            story.push_back(static_cast<DropReason>(r.reason) == DropReason::client_gone
                                ? "Its client left before there was an answer."
                                : "The drain's time was up before there was an answer.");
            return;
        case ExplainEnd::finished: {
            const auto ending = static_cast<Ending>(r.reason);
            std::string text = r.served > core::Duration::zero()
                                   ? "It worked for " + text_of(r.served)
                                   : std::string("It had begun to work");
            text += "; " + ended(ending);
            if (r.status != 0) {
                text += ", and the answer, " + std::to_string(r.status) + ", began after " +
                        text_of(r.took) + " in all";
            } else {
                text += ", after " + text_of(r.took) + " in all, " +
                        (r.stage == ExplainStage::reply ? "while its answer was being sent"
                                                        : "without an answer");
            }
            story.push_back(text + '.');
            return;
        }
    }
}

}  // namespace

std::vector<std::string> explain_story(const Explanation& what) {
    const ExplainRecord& r = what.record;
    std::vector<std::string> story;
    if (r.end == ExplainEnd::unrouted) {
        story.emplace_back("It was refused for what its header says, before a route was known.");
    } else {
        story.push_back(opening(what));
        tell_waiting(story, r);
        if (r.end == ExplainEnd::finished ||
            (r.end == ExplainEnd::pending && r.stage == ExplainStage::work))
            tell_work(story, r);
        if (const auto reason = what.rejected()) story.push_back(why(r, *reason));
    }
    tell_end(story, r);
    return story;
}

}  // namespace spillway::http
