#pragma once
// How it goes, on stderr: a line that is written over on a terminal, lines now and then elsewhere.

#include <string>

#include "generator/engine.hpp"

namespace spillway::loadtest {

/// *Shard-local.* Every second on a terminal, else every 5 s.
class ProgressLine {
public:
    ProgressLine();
    /// Writes when it is time.
    void show(const Progress& progress, Ledger& ledger);
    /// Leaves the cursor on an empty line.
    void end();

private:
    bool is_terminal_;
    core::Duration every_;
    core::Duration shown_at_{0};
    Counts shown_;
    bool is_dirty_ = false;
};

}  // namespace spillway::loadtest
