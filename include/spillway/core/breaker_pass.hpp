#pragma once
// The right to make one call, given back whatever becomes of the caller.

#include <utility>

#include "spillway/core/circuit_breaker.hpp"

namespace spillway::core {

/// Move-only. Destroyed unfinished it counts as ignored, so that a cancelled trial leaves its place
/// to another one. The breaker must outlive it; one thread at a time, the breaker's.
class [[nodiscard]] BreakerPass {
public:
    /// Asks the breaker; is_admitted() tells.
    BreakerPass(CircuitBreaker& breaker, TimePoint now) noexcept
        : BreakerPass(breaker, breaker.try_pass(now)) {}

    BreakerPass(BreakerPass&& other) noexcept
        : breaker_(std::exchange(other.breaker_, nullptr)),
          pass_(other.pass_),
          verdict_(other.verdict_) {}
    BreakerPass& operator=(BreakerPass&& other) noexcept {
        if (this != &other) {
            abandon();
            breaker_ = std::exchange(other.breaker_, nullptr);
            pass_ = other.pass_;
            verdict_ = other.verdict_;
        }
        return *this;
    }
    ~BreakerPass() { abandon(); }

    [[nodiscard]] bool is_admitted() const noexcept {
        return verdict_ == CircuitBreaker::Verdict::admitted;
    }
    [[nodiscard]] CircuitBreaker::Verdict verdict() const noexcept { return verdict_; }

    /// The call has ended. Only the first one counts.
    void finish(TimePoint now, Outcome outcome) noexcept {
        if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->finish(now, pass_, outcome);
    }

private:
    BreakerPass(CircuitBreaker& breaker, CircuitBreaker::Admission admission) noexcept
        : breaker_(admission.verdict == CircuitBreaker::Verdict::admitted ? &breaker : nullptr),
          pass_(admission.pass),
          verdict_(admission.verdict) {}

    void abandon() noexcept {
        if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->abandon(pass_);
    }

    CircuitBreaker* breaker_;  // null: nothing to give back
    CircuitBreaker::Pass pass_;
    CircuitBreaker::Verdict verdict_;
};

}  // namespace spillway::core
