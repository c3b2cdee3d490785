#include "generator/progress.hpp"

#include <unistd.h>

#include <iostream>

#include "generator/summary.hpp"

namespace spillway::loadtest {

ProgressLine::ProgressLine()
    : is_terminal_(::isatty(STDERR_FILENO) == 1),
      every_(is_terminal_ ? std::chrono::seconds{1} : std::chrono::seconds{5}) {}

void ProgressLine::show(const Progress& progress, Ledger& ledger) {
    const core::Duration interval = progress.elapsed - shown_at_;
    if (interval < every_) return;
    const auto text = progress_text(progress.elapsed, progress.planned, shown_, progress.counts,
                                    interval, ledger.take_recent_p99(), progress.connections);
    shown_at_ = progress.elapsed;
    shown_ = progress.counts;
    if (is_terminal_)
        std::cerr << '\r' << text << "\x1b[K" << std::flush;
    else
        std::cerr << text << '\n';
    is_dirty_ = is_terminal_;
}

void ProgressLine::end() {
    if (is_dirty_) std::cerr << '\n';
    is_dirty_ = false;
}

}  // namespace spillway::loadtest
