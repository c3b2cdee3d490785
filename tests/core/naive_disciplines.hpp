#pragma once
// What the queue does with bands, disciplines, costs and a full room, written as plainly as
// possible: one list of waiters in the order of their arrival, searched anew for every question.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "spillway/core/claim.hpp"
#include "spillway/core/queue_options.hpp"

namespace spillway::test {

/// `fair` with configured tenants only: their lines are the claim's share. Not adaptive_lifo, which
/// needs time to become anything but fifo.
class NaiveDisciplines {
public:
    struct Waiting {
        std::uint32_t id;
        core::Claim claim;
    };
    struct Verdict {
        enum class Kind : std::uint8_t { granted, queued, full } kind;
        std::optional<std::uint32_t> evicted = std::nullopt;
    };

    NaiveDisciplines(std::uint32_t limit, core::QueueOptions options)
        : options_(std::move(options)), limit_(limit), start_(options_.shares.size() * 8) {}

    Verdict arrive(std::uint32_t id, const core::Claim& claim) {
        if (line.empty() && fits(claim.cost)) {
            take(claim.cost);
            return {Verdict::Kind::granted};
        }
        std::optional<std::uint32_t> evicted;
        if (line.size() >= options_.capacity) {
            if (line.size() > options_.capacity) return {Verdict::Kind::full};
            evicted = victim(claim);
            if (!evicted) return {Verdict::Kind::full};
            remove(*evicted);
        }
        if (is_fair() && length(claim) == 0)
            start(claim) = std::max(start(claim), now_[claim.band]);
        if (is_fair() && length(claim) == 0) touch(claim);
        line.push_back({id, claim});
        return {Verdict::Kind::queued, evicted};
    }

    void release(std::uint32_t cost) { --holders, units -= cost; }

    /// The next one to be let in, if any.
    std::optional<Waiting> wake() {
        if (line.empty()) return std::nullopt;
        const Waiting next = turn();
        if (!fits(next.claim.cost)) {
            if (units < limit_) hold(next);
            return std::nullopt;
        }
        pay(next.claim);
        take(next.claim.cost);
        remove(next.id);
        return next;
    }

    /// Other options from now on, with as many bands and the same shares.
    void reorder(const core::QueueOptions& options) {
        const bool is_same_order = options.discipline == options_.discipline;
        options_ = options;
        if (!is_same_order) {
            held_ = {};
            now_ = {};
            std::ranges::fill(start_, Line{});
        }
        std::vector<std::size_t> seen;
        for (const Waiting& w : line) {
            if (!is_fair() || std::ranges::find(seen, at(w.claim)) != seen.end()) continue;
            seen.push_back(at(w.claim));
            start(w.claim) = std::max(start(w.claim), now_[w.claim.band]);
            touch(w.claim);
        }
    }

    void set_limit(std::uint32_t limit) { limit_ = limit; }

    void remove(std::uint32_t id) {
        std::erase_if(line, [id](const Waiting& w) { return w.id == id; });
        for (auto& held : held_) {
            if (held == id) held.reset();
        }
    }

    std::vector<Waiting> line = {};
    std::uint32_t holders = 0;
    std::uint32_t units = 0;

private:
    [[nodiscard]] bool is_fair() const { return options_.discipline == core::Discipline::fair; }
    [[nodiscard]] bool fits(std::uint32_t cost) const {
        return units + cost <= limit_ || (holders == 0 && limit_ > 0);
    }
    void take(std::uint32_t cost) { ++holders, units += cost; }

    [[nodiscard]] std::vector<Waiting> of_band(std::uint32_t band) const {
        std::vector<Waiting> found;
        std::ranges::copy_if(line, std::back_inserter(found),
                             [band](const Waiting& w) { return w.claim.band == band; });
        return found;
    }
    [[nodiscard]] std::uint32_t first_band() const {
        return std::ranges::min(line, {}, [](const Waiting& w) { return w.claim.band; }).claim.band;
    }

    [[nodiscard]] Waiting turn() const {
        std::uint32_t band = first_band();
        for (std::uint32_t b = band + 1; b < options_.bands; ++b) {
            if (credit_[b] >= 1000 && !of_band(b).empty()) {
                band = b;
                break;
            }
        }
        const auto waiters = of_band(band);
        for (const Waiting& w : waiters) {
            if (held_[band] == w.id) return w;
        }
        switch (options_.discipline) {
            case core::Discipline::lifo:
                return waiters.back();
            case core::Discipline::deadline:
                return *std::ranges::min_element(waiters, {},
                                                 [](const Waiting& w) { return w.claim.deadline; });
            case core::Discipline::fair:
                return *std::ranges::min_element(waiters, {}, [this](const Waiting& w) {
                    return std::pair(start(w.claim), touched(w.claim));
                });
            default:
                return waiters.front();
        }
    }

    void hold(const Waiting& next) {
        const std::uint8_t band = next.claim.band;
        held_[band] = next.id;
        if (is_fair()) now_[band] = std::max(now_[band], start(next.claim));
    }

    void pay(const core::Claim& claim) {
        const std::uint32_t first = first_band();
        const std::int64_t gained = std::int64_t{claim.cost} * options_.floor_permille;
        for (std::uint32_t b = 1; b < options_.bands; ++b) {
            credit_[b] = std::min(credit_[b] + gained, of_band(b).empty() ? 0 : 1000 + gained);
        }
        if (claim.band != first) credit_[claim.band] -= std::int64_t{claim.cost} * 1000;
        if (is_fair()) {
            now_[claim.band] = std::max(now_[claim.band], start(claim));
            start(claim) += (std::uint64_t{claim.cost} << 20) / options_.shares[claim.share];
            touch(claim);
        }
    }

    [[nodiscard]] std::optional<std::uint32_t> victim(const core::Claim& claim) const {
        const std::uint32_t kept =
            options_.floor_permille == 0
                ? 0
                : std::max(1U, options_.capacity * options_.floor_permille / 1000);
        const bool is_within_floor = of_band(claim.band).size() < kept;
        for (std::uint32_t b = options_.bands; b-- > 0;) {
            if (b == claim.band || (b < claim.band && !is_within_floor)) continue;
            const auto waiters = of_band(b);
            if (options_.bands > 1 && waiters.size() > kept) return youngest(waiters);
        }
        const auto waiters = of_band(claim.band);
        if (!is_fair() || waiters.empty()) return std::nullopt;
        const auto id = youngest(waiters);
        const auto longest = std::ranges::find(waiters, id, &Waiting::id)->claim;
        if (fill(length(claim) + 1, claim) >= fill(length(longest), longest)) return std::nullopt;
        return id;
    }

    // The last one; under `fair` the last one of the line that is the longest for its weight.
    [[nodiscard]] std::uint32_t youngest(const std::vector<Waiting>& waiters) const {
        if (!is_fair()) return waiters.back().id;
        return std::ranges::max_element(waiters, {},
                                        [this](const Waiting& w) {
                                            return std::tuple(fill(length(w.claim), w.claim),
                                                              -int{w.claim.share}, w.id);
                                        })
            ->id;
    }

    [[nodiscard]] std::uint64_t fill(std::size_t length, const core::Claim& claim) const {
        return (std::uint64_t{length} << 20) / options_.shares[claim.share];
    }
    [[nodiscard]] std::size_t length(const core::Claim& claim) const {
        return static_cast<std::size_t>(std::ranges::count_if(line, [&](const Waiting& w) {
            return w.claim.band == claim.band && w.claim.share == claim.share;
        }));
    }
    struct Line {
        std::uint64_t start = 0;
        std::uint64_t touched = 0;
    };
    [[nodiscard]] std::size_t at(const core::Claim& claim) const {
        return claim.band * options_.shares.size() + claim.share;
    }
    [[nodiscard]] std::uint64_t& start(const core::Claim& claim) { return start_[at(claim)].start; }
    [[nodiscard]] std::uint64_t start(const core::Claim& claim) const {
        return start_[at(claim)].start;
    }
    [[nodiscard]] std::uint64_t touched(const core::Claim& claim) const {
        return start_[at(claim)].touched;
    }
    void touch(const core::Claim& claim) { start_[at(claim)].touched = ++touches_; }

    core::QueueOptions options_;
    std::uint32_t limit_;
    std::vector<Line> start_;
    std::array<std::uint64_t, 8> now_{};
    std::uint64_t touches_ = 0;
    std::array<std::int64_t, 8> credit_{};
    std::array<std::optional<std::uint32_t>, 8> held_{};
};

}  // namespace spillway::test
