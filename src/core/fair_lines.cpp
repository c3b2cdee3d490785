#include "spillway/core/fair_lines.hpp"

#include <algorithm>

#include "spillway/core/shuffle_hand.hpp"

namespace spillway::core {

FairLines::FairLines(const QueueOptions& options, std::uint64_t start)
    : lines_(options.shares.size() + options.queues),
      shares_(static_cast<std::uint32_t>(options.shares.size())),
      queues_(options.queues),
      hand_(options.hand),
      now_(start),
      turns_(static_cast<std::uint32_t>(lines_.size())),
      longest_(static_cast<std::uint32_t>(lines_.size())) {
    for (std::uint32_t i = 0; i < shares_; ++i) lines_[i].weight = options.shares[i];
}

std::uint16_t FairLines::line_of(const Claim& claim) const noexcept {
    if (claim.share < shares_) return claim.share;
    const ShuffleHand hand(claim.tenant, queues_, hand_);
    std::uint32_t shortest = 0;
    std::uint32_t least = UINT32_MAX;
    for (const std::uint32_t card : hand.cards()) {
        const std::uint32_t line = shares_ + card;
        const std::uint32_t length = lines_[line].length.get();
        const bool is_own = claim.tenant != mixed && lines_[line].owner.get() == claim.tenant;
        if (length > 0 && is_own) return static_cast<std::uint16_t>(line);
        if (length < least) shortest = line, least = length;
    }
    return static_cast<std::uint16_t>(shortest);
}

bool FairLines::may_displace(const Claim& claim) const noexcept {
    const Line& own = lines_[line_of(claim)];
    return fill(own.length.get() + 1, own.weight) < longest_fill_.get();
}

void FairLines::push(WaitSlab& slab, std::uint32_t index, std::uint16_t line,
                     std::uint64_t tenant) noexcept {
    Line& joined = lines_[line];
    const std::uint32_t length = joined.length.get();
    if (length == 0) {
        joined.owner.set(tenant);
        joined.start = std::max(joined.start, now_);
        turns_.push(line, {joined.start, order_++});
    } else if (joined.owner.get() != tenant) {
        joined.owner.set(mixed);
    }
    joined.line.push_back(slab, index);
    set_length(line, length + 1);
}

void FairLines::note_grant(std::uint16_t line, std::uint32_t cost) noexcept {
    Line& served = lines_[line];
    now_ = std::max(now_, served.start);
    served.start += cost * scale / served.weight;
    turns_.change(line, {served.start, order_++});
    if (now_ > rebase_above) rebase();
}

void FairLines::erase(WaitSlab& slab, std::uint32_t index, std::uint16_t line) noexcept {
    Line& left = lines_[line];
    left.line.erase(slab, index);
    const std::uint32_t length = left.length.get() - 1;
    if (length == 0) turns_.erase(line);
    set_length(line, length);
}

void FairLines::carry(const FairLines& other) noexcept {
    if (other.shares_ != shares_ || other.queues_ != queues_) return;
    now_ = other.now_;
    order_ = other.order_;
    for (std::uint32_t i = 0; i < lines_.size(); ++i) lines_[i].start = other.lines_[i].start;
}

void FairLines::set_length(std::uint32_t line, std::uint32_t length) noexcept {
    Line& changed = lines_[line];
    const Length rank{.inverted_fill = ~fill(length, changed.weight), .line = line};
    changed.length.set(length);
    if (length == 0) {
        longest_.erase(line);
    } else if (longest_.contains(line)) {
        longest_.change(line, rank);
    } else {
        longest_.push(line, rank);
    }
    longest_fill_.set(longest_.empty() ? 0 : ~longest_.least().inverted_fill);
}

// Once in some quintillions of units: what lies in the past starts now, the rest as far ahead as it
// did. The order of lines stays.
void FairLines::rebase() noexcept {
    for (std::uint32_t i = 0; i < lines_.size(); ++i) {
        Line& line = lines_[i];
        line.start -= std::min(line.start, now_);
        if (turns_.contains(i)) turns_.change(i, {line.start, order_++});
    }
    now_ = 0;
}

std::optional<TimePoint> FairLines::oldest_since(const WaitSlab& slab) const noexcept {
    std::optional<TimePoint> since;
    for (const Line& one : lines_) {
        if (one.line.empty()) continue;
        since = std::min(since.value_or(never), slab[one.line.oldest()].since);
    }
    return since;
}

}  // namespace spillway::core
