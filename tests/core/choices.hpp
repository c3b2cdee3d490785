#pragma once
// Enumerates every run of a test that draws its decisions from here, instead of sampling some.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::test {

/// A depth-first walk over all sequences of decisions:
///
///     Choices choices;
///     do {
///         ... if (choices.pick(3) == 0) ...
///     } while (choices.advance());
///
/// Each run must be a function of its picks alone. Inspired by TigerBeetle's exhaustigen.
class Choices {
public:
    /// A number below `options`, which must be at least 1.
    std::uint32_t pick(std::uint32_t options) {
        if (depth_ == made_.size()) made_.push_back({0, options});
        return made_[depth_++].chosen;
    }

    /// Turns to the next run; false when all have been seen.
    bool advance() {
        ++runs_;
        depth_ = 0;
        while (!made_.empty() && made_.back().chosen + 1 == made_.back().options) made_.pop_back();
        if (made_.empty()) return false;
        ++made_.back().chosen;
        return true;
    }

    [[nodiscard]] std::uint64_t runs() const { return runs_; }

private:
    struct Choice {
        std::uint32_t chosen;
        std::uint32_t options;
    };
    std::vector<Choice> made_;
    std::size_t depth_ = 0;
    std::uint64_t runs_ = 0;
};

/// Exhaustive tests go one step less deep where each step costs ten times as much.
inline constexpr bool is_slow_build =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
    true;
#else
    false;
#endif

}  // namespace spillway::test
