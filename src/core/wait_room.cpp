#include "spillway/core/wait_room.hpp"

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

// `now` may go back by as much as threads differ.
Duration waited(TimePoint now, const Waiter& waiter) noexcept {
    return std::max(now - waiter.since, Duration::zero());
}

std::uint32_t with_bit(std::uint32_t set, std::uint32_t bit, bool is_in) noexcept {
    return (set & ~(1U << bit)) | (is_in ? 1U : 0U) << bit;
}

}  // namespace

WaitRoom::WaitRoom(const QueueOptions& options)
    : capacity_(options.capacity),
      slab_(options.capacity),
      is_simple_(is_simple(options)),
      deadlines_(options.capacity),
      discipline_(options.discipline),
      kept_(options.floor_permille == 0
                ? 0
                : std::max(1U, static_cast<std::uint32_t>(std::uint64_t{options.capacity} *
                                                          options.floor_permille / 1000))),
      turns_(options.bands, options.floor_permille),
      has_codel_(options.codel.has_value()) {
    SPILLWAY_ASSERT(options.validate().empty());
    const Band band{.line = {},
                    .order = AdaptiveOrder(options.standing, options.oldest_every),
                    .codel = SloughCodel(options.codel.value_or(CodelTimes{}), TimePoint{})};
    bands_.assign(options.bands, band);
    if (is_fair()) fair_.assign(options.bands, FairLines(options));
    if (discipline_ == Discipline::deadline && options.bands > 1) {
        by_band_.assign(options.bands, DeadlineHeap(options.capacity));
    }
    if (options.watermarks) {
        watermarks_.emplace(options.watermarks->high, options.watermarks->low);
    }
    for (std::uint32_t b = 0; b < options.bands; ++b) {
        under_.set(with_bit(under_.get(), b, kept_ > 0));
    }
}

std::uint32_t WaitRoom::push_by_rank(TimePoint now, const Claim& claim) noexcept {
    const std::uint8_t number = band_of(claim);
    Band& band = bands_[number];
    if (band.length == 0) note_empty(now, band);
    const std::uint32_t index = slab_.take({.since = now, .order = order_++, .claim = claim});
    stand_by_rank(index);
    return index;
}

void WaitRoom::stand_by_rank(std::uint32_t index) noexcept {
    Waiter& waiter = slab_[index];
    const std::uint8_t number = band_of(waiter.claim);
    waiter.band = number;
    if (is_fair()) {
        waiter.line = fair_[number].line_of(waiter.claim);
        fair_[number].push(slab_, index, waiter.line, waiter.claim.tenant);
    } else {
        bands_[number].line.push_back(slab_, index);
    }
    enter(heap_of(number), index);
    ++length_;
    count(number, bands_[number].length + 1);
}

void WaitRoom::adopt(TimePoint now, const WaitRoom& other) {
    SPILLWAY_ASSERT(next_deadline() == never && length_ == 0);
    slab_.adopt(other.slab_);
    deadlines_.widen(slab_.size());
    for (DeadlineHeap& heap : by_band_) heap.widen(slab_.size());
    order_ = other.order_;
    carry(now, other);

    std::vector<std::uint32_t> in_order;
    slab_.for_each([&](std::uint32_t index) { in_order.push_back(index); });
    std::ranges::sort(in_order, {}, [this](std::uint32_t index) { return slab_[index].order; });
    for (const std::uint32_t index : in_order) {
        if (is_simple_) {
            stand(index);
        } else {
            stand_by_rank(index);
        }
    }
    // Not before: while they came in one by one, the room was below its low mark.
    if (!watermarks_) return;
    const bool is_same = other.watermarks_ && other.watermarks_->high() == watermarks_->high() &&
                         other.watermarks_->low() == watermarks_->low();
    if (is_same) watermarks_ = other.watermarks_;
    shedding_.set(watermarks_->update(length_));
}

void WaitRoom::carry(TimePoint now, const WaitRoom& other) noexcept {
    const bool has_same_bands = bands_.size() == other.bands_.size();
    const bool is_same_order = has_same_bands && discipline_ == other.discipline_;
    if (has_same_bands) turns_.carry(other.turns_);
    for (std::size_t b = 0; b < bands_.size(); ++b) {
        note_empty(now, bands_[b]);
        if (has_same_bands && has_codel_ && other.has_codel_) {
            const CodelTimes times = bands_[b].codel.times();
            bands_[b].codel = other.bands_[b].codel;
            bands_[b].codel.set_times(times);
        }
        if (!is_same_order) continue;
        if (!other.is_simple_) bands_[b].held = other.bands_[b].held;
        bands_[b].order.carry(other.bands_[b].order);
        if (is_fair()) fair_[b].carry(other.fair_[b]);
    }
}

// Who finds nobody in its band would have waited for nothing so far: nothing stands there.
void WaitRoom::note_empty(TimePoint now, Band& band) const noexcept {
    if (discipline_ == Discipline::adaptive_lifo) band.order.note_empty(now);
    if (!has_codel_) return;
    const CodelTimes times = band.codel.times();
    band.codel = SloughCodel(times, after(now, times.interval));
}

void WaitRoom::erase_by_rank(std::uint32_t index) noexcept {
    const Waiter waiter = slab_[index];
    Band& band = bands_[waiter.band];
    if (band.held == index) band.held = WaitSlab::none;
    leave(heap_of(waiter.band), index);
    if (is_fair()) {
        fair_[waiter.band].erase(slab_, index, waiter.line);
    } else {
        band.line.erase(slab_, index);
    }
    slab_.give_back(index);
    --length_;
    count(waiter.band, band.length - 1);
}

void WaitRoom::count(std::uint8_t band, std::uint32_t length) noexcept {
    bands_[band].length = length;
    waiting_ = with_bit(waiting_, band, length > 0);
    if (bands_.size() > 1) {
        over_.set(with_bit(over_.get(), band, length > kept_));
        under_.set(with_bit(under_.get(), band, length < kept_));
    }
    if (watermarks_) shedding_.set(watermarks_->update(length_));
}

std::uint32_t WaitRoom::turn_by_rank() const noexcept {
    const std::uint32_t number = turns_.next(waiting_);
    const Band& band = bands_[number];
    if (band.held != WaitSlab::none) return band.held;
    switch (discipline_) {
        case Discipline::fifo:
            break;
        case Discipline::lifo:
            return band.line.youngest();
        case Discipline::adaptive_lifo:
            return band.order.oldest_is_next() ? band.line.oldest() : band.line.youngest();
        case Discipline::deadline:
            return by_band_.empty() ? deadlines_.top() : by_band_[number].top();
        case Discipline::fair:
            return fair_[number].turn();
    }
    return band.line.oldest();
}

std::uint32_t WaitRoom::ahead_by_rank(std::uint32_t index) const noexcept {
    const Waiter& newest = slab_[index];
    const Band& own = bands_[newest.band];
    std::uint32_t ahead = 0;
    for (std::uint32_t b = 0; b < newest.band; ++b) ahead += bands_[b].length;
    const bool is_newest_first =
        discipline_ == Discipline::lifo ||
        (discipline_ == Discipline::adaptive_lifo && !own.order.oldest_is_next());
    if (is_newest_first) return ahead + (own.held != WaitSlab::none ? 1 : 0);
    if (is_fair()) return ahead + fair_[newest.band].length(newest.line) - 1;
    return ahead + own.length - 1;
}

bool WaitRoom::codel_refuses(TimePoint now, std::uint32_t index) noexcept {
    const Waiter& waiter = slab_[index];
    return bands_[waiter.band].codel.refuses(now, waited(now, waiter));
}

void WaitRoom::note_grant_by_rank(TimePoint now, std::uint32_t index) noexcept {
    const Waiter& waiter = slab_[index];
    Band& band = bands_[waiter.band];
    if (discipline_ == Discipline::adaptive_lifo) {
        band.order.note_grant(now, waited(now, slab_[band.line.oldest()]));
    }
    const std::uint32_t cost = waiter.claim.cost;
    if (is_fair()) fair_[waiter.band].note_grant(waiter.line, cost);
    turns_.note_grant(waiter.band, cost, waiting_);
}

std::optional<std::uint32_t> WaitRoom::victim(const Claim& claim) const noexcept {
    const std::uint32_t own = band_of(claim);
    const std::uint32_t over = over_.get();
    const bool is_within_floor = (under_.get() >> own & 1U) != 0;
    if (bands_.size() > 1 && (over >> (own + 1) != 0 || (is_within_floor && over != 0))) {
        return youngest(static_cast<std::uint32_t>(std::bit_width(over)) - 1);
    }
    if (is_fair() && fair_[own].may_displace(claim)) return fair_[own].youngest_of_longest();
    return std::nullopt;
}

bool WaitRoom::may_displace(const Claim& claim) const noexcept {
    const std::uint32_t own = band_of(claim);
    if (bands_.size() > 1) {
        const std::uint32_t over = over_.get();
        if (over >> (own + 1) != 0) return true;
        if (over != 0 && (under_.get() >> own & 1U) != 0) return true;
    }
    return is_fair() && fair_[own].may_displace(claim);
}

QueueState WaitRoom::state(std::uint32_t waiting) const noexcept {
    QueueState state;
    state.bands = static_cast<std::uint32_t>(bands_.size());
    state.discipline = discipline_;
    if (watermarks_) state.watermarks = {.high = watermarks_->high(), .low = watermarks_->low()};
    state.is_shedding = shedding_.get();
    if (is_simple_) {
        state.band[0].waiting = waiting;
        if (!line_.empty()) state.band[0].oldest_since = slab_[line_.oldest()].since;
        return state;
    }
    const bool is_adaptive = discipline_ == Discipline::adaptive_lifo;
    if (has_codel_) state.standing = bands_[0].codel.times();
    if (is_adaptive && !has_codel_) state.standing = bands_[0].order.standing();
    for (std::size_t b = 0; b < bands_.size(); ++b) {
        const Band& band = bands_[b];
        QueueState::Band& to = state.band[b];
        to.waiting = band.length;
        to.is_standing =
            (has_codel_ && band.codel.overloaded()) || (is_adaptive && band.order.stands());
        if (is_fair()) {
            to.oldest_since = fair_[b].oldest_since(slab_);
        } else if (!band.line.empty()) {
            to.oldest_since = slab_[band.line.oldest()].since;
        }
    }
    return state;
}

void WaitRoom::set_codel(CodelTimes times) noexcept {
    for (Band& band : bands_) {
        band.codel.set_times(times);
        band.order.set_standing(times);
    }
}

}  // namespace spillway::core
