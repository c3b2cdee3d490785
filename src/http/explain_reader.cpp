#include "http/explain_reader.hpp"

#include <algorithm>
#include <utility>

#include "http/shard_context.hpp"

namespace spillway::http {

namespace {

ExplainRecord unpacked(const PackedRecord& words) { return unpack(words); }
ExplainRecord unpacked(const PackedRefusal& words) { return unpack(words).explained(); }

/// With the names that its numbers stand for.
Explanation named(const Shared& shared, const ExplainRecord& record, std::string request_id) {
    Explanation one;
    one.record = record;
    one.request_id = std::move(request_id);
    if (one.record.end == ExplainEnd::unrouted) return one;
    const std::lock_guard lock(shared.mutex);
    const RouteRecord& route = *shared.known.records()[one.record.route];
    one.route = route.path;
    one.limiter = route.limiter;
    if (one.record.share < route.shares.size()) one.tenant = route.shares[one.record.share];
    return one;
}

void sort_latest_first(std::vector<Explanation>& all) {
    std::stable_sort(all.begin(), all.end(), [](const Explanation& a, const Explanation& b) {
        return a.record.received_at > b.record.received_at;
    });
}

/// Since when a ring has kept everything: nothing, if it has never been full.
template <class Ring>
void narrow(std::optional<core::TimePoint>& since, const Ring& ring) {
    if (ring.added() <= ring.capacity()) return;
    ring.oldest([&since](const auto& kept) {
        const core::TimePoint at = unpacked(kept.record).received_at;
        since = std::max(since.value_or(at), at);
    });
}

template <class Ring>
std::size_t kept_in(const Ring& ring) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(ring.added(), ring.capacity()));
}

}  // namespace

std::vector<Explanation> ExplainReader::find(std::string_view request_id) const {
    std::vector<Explanation> all;
    if (request_id.empty()) return all;
    for (const auto& context : contexts_) {
        const auto add = [&all, &context](const auto& kept) {
            all.push_back(named(context->shared, unpacked(kept.record), kept.text));
        };
        context->explain.let_in.find(request_id, add);
        context->explain.turned_away.find(request_id, add);
        context->explain.unrouted.find(request_id, add);
    }
    sort_latest_first(all);
    return all;
}

std::vector<Explanation> ExplainReader::latest_refusals(std::size_t most) const {
    std::vector<Explanation> all;
    for (const auto& context : contexts_) {
        const auto add = [&all, &context](const auto& kept) {
            const ExplainRecord record = unpacked(kept.record);
            if (record.end != ExplainEnd::rejected && record.end != ExplainEnd::unrouted) return;
            all.push_back(named(context->shared, record, kept.text));
        };
        // Refusals are some of these; of the others' rings, all.
        context->explain.let_in.latest(10 * most, add);
        context->explain.turned_away.latest(most, add);
        context->explain.unrouted.latest(most, add);
    }
    sort_latest_first(all);
    if (all.size() > most) all.resize(most);
    return all;
}

ExplainReach ExplainReader::reach() const {
    ExplainReach reach;
    for (const auto& context : contexts_) {
        const ExplainBook& book = context->explain;
        reach.capacity +=
            book.let_in.capacity() + book.turned_away.capacity() + book.unrouted.capacity();
        reach.kept += kept_in(book.let_in) + kept_in(book.turned_away) + kept_in(book.unrouted);
        narrow(reach.let_in_since, book.let_in);
        narrow(reach.refused_since, book.turned_away);
    }
    return reach;
}

}  // namespace spillway::http
