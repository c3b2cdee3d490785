#pragma once
// The requests in service, and when the next of them is done (see service_model.hpp).

#include <cmath>
#include <cstdint>

#include "simulate/event_heap.hpp"
#include "simulate/service_model.hpp"
#include "spillway/core/time.hpp"

namespace spillway::simulate {

/// *Shard-local.* O(log n).
class InService {
public:
    explicit InService(const ServiceModel& model) : model_(model) {
        factor_ = model_.factor(core::Duration{0});
        next_change_ = model_.next_change(core::Duration{0});
        set_speed();
    }

    [[nodiscard]] std::uint64_t units() const noexcept { return units_; }

    /// When advance_to() must be called next at the latest: an end, or another factor().
    [[nodiscard]] core::TimePoint next_event() const noexcept {
        return next_end_ < next_change_ ? next_end_ : next_change_;
    }

    /// Lets work be done until `now`.
    void advance_to(core::TimePoint now) noexcept {
        done_s_ += core::to_seconds(now - now_) * speed_;
        now_ = now;
        if (now >= next_change_) {
            factor_ = model_.factor(now.time_since_epoch());
            next_change_ = model_.next_change(now.time_since_epoch());
            set_speed();
        }
    }

    void begin(std::uint32_t slot, std::uint32_t generation, std::uint32_t units, double work_s) {
        ends_.push(done_s_ + work_s, slot, generation);
        change_units(units_ + units);
    }

    /// It is done, or it was stopped; then what is left in the heap is out of date.
    void end(std::uint32_t units) noexcept { change_units(units_ - units); }

    /// One that is done by now, or nothing: its slot and generation. Call until there is none.
    struct Done {
        std::uint32_t slot = UINT32_MAX;
        std::uint32_t generation = 0;
    };
    [[nodiscard]] bool take_done(Done& done) noexcept {
        // A nanosecond of rounding is not worth an event of its own.
        if (ends_.empty() || ends_.top().key > done_s_ + 1e-9 * speed_) {
            compute_next_end();
            return false;
        }
        done = {ends_.top().slot, ends_.top().generation};
        ends_.pop();
        return true;
    }

private:
    void change_units(std::uint64_t units) noexcept {
        units_ = units;
        set_speed();
    }

    void set_speed() noexcept {
        speed_ = 1 / (model_.slowness(units_) * factor_);
        compute_next_end();
    }

    void compute_next_end() noexcept {
        if (ends_.empty()) {
            next_end_ = core::never;
            return;
        }
        const double left_ns = (ends_.top().key - done_s_) / speed_ * 1e9;
        const double ns = left_ns > 0 ? std::round(left_ns) : 0;
        next_end_ = ns < 9e18 ? core::after(now_, core::Duration{static_cast<std::int64_t>(ns)})
                              : core::never;
    }

    const ServiceModel& model_;
    EventHeap<double> ends_;  // by done_s_ at which each is done
    core::TimePoint now_{};
    core::TimePoint next_end_ = core::never;
    core::TimePoint next_change_;
    double done_s_ = 0;  // work that every request in service would have done since the begin
    double speed_ = 1;
    double factor_ = 1;
    std::uint64_t units_ = 0;
};

}  // namespace spillway::simulate
