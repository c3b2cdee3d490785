#pragma once
// What AdmissionQueue does, written as plainly as possible: the reference that it is compared with.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "spillway/core/time.hpp"

namespace spillway::test {

struct NaiveAdmission {
    std::uint32_t limit = 0;
    std::uint32_t capacity = 0;
    std::uint32_t in_flight = 0;
    bool closed = false;

    struct Waiter {
        std::uint32_t id;
        core::TimePoint deadline;
    };
    enum class Verdict : std::uint8_t { granted, queued, queue_full, deadline, draining };

    Verdict arrive(core::TimePoint now, core::TimePoint until, std::uint32_t id) {
        if (closed) return Verdict::draining;
        if (until <= now) return Verdict::deadline;
        if (line.empty() && in_flight < limit) {
            ++in_flight;
            return Verdict::granted;
        }
        if (line.size() == capacity) return Verdict::queue_full;
        line.push_back({id, until});
        return Verdict::queued;
    }

    /// The id of the waiter that is let in now, if any.
    std::optional<std::uint32_t> wake() {
        if (line.empty() || in_flight >= limit) return std::nullopt;
        const auto id = line.front().id;
        line.erase(line.begin());
        ++in_flight;
        return id;
    }

    std::optional<std::uint32_t> release() {
        --in_flight;
        return wake();
    }

    /// The ids whose time is up.
    std::vector<std::uint32_t> expire(core::TimePoint now) {
        std::vector<std::uint32_t> due;
        for (const Waiter& w : line) {
            if (w.deadline <= now) due.push_back(w.id);
        }
        std::erase_if(line, [now](const Waiter& w) { return w.deadline <= now; });
        return due;
    }

    void cancel(std::uint32_t id) {
        std::erase_if(line, [id](const Waiter& w) { return w.id == id; });
    }

    [[nodiscard]] core::TimePoint next_deadline() const {
        core::TimePoint earliest = core::never;
        for (const Waiter& w : line) earliest = std::min(earliest, w.deadline);
        return earliest;
    }

    std::vector<Waiter> line = {};
};

}  // namespace spillway::test
