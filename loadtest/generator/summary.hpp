#pragma once
// A result as text for a terminal. Pure.

#include <string>

#include "generator/result.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// The account, latencies, phases and classes where there are several, and what was wrong.
[[nodiscard]] std::string summary_text(const Result& result);

/// Latencies of an open and of a closed loop at the same server, side by side, as figures and bars.
[[nodiscard]] std::string comparison_text(const Result& open, const Result& closed);

/// One line on how it goes. `before` is what was counted `interval` ago.
[[nodiscard]] std::string progress_text(core::Duration elapsed, core::Duration planned,
                                        const Counts& before, const Counts& now,
                                        core::Duration interval, core::Duration p99,
                                        std::size_t connections);

}  // namespace spillway::loadtest
