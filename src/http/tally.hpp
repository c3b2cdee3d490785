#pragma once
// The account of one request: it makes "every request ends exactly once" a property of a type.

#include "spillway/core/assert.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::http {

/// received -> accepted -> finished, or received -> rejected, or received -> dropped; any other
/// order aborts. Shard-local.
class RequestTally {
public:
    void receive(RouteCells& cells) noexcept {
        SPILLWAY_ASSERT(state_ == State::none);
        cells_ = &cells;
        cells.received.add();
        state_ = State::received;
    }
    /// The request is also its tenant's; before it is accepted or rejected.
    void attribute(TenantCells& tenant) noexcept { tenant_ = &tenant; }
    void accept() noexcept {
        SPILLWAY_ASSERT(state_ == State::received);
        if (tenant_ != nullptr) tenant_->accepted.add();
        cells_->accepted.add();
        state_ = State::accepted;
    }
    void reject(core::RejectReason reason) noexcept {
        SPILLWAY_ASSERT(state_ == State::received);
        if (tenant_ != nullptr) tenant_->rejected.add();
        cells_->rejected[static_cast<std::size_t>(reason)].add();
        state_ = State::ended;
    }
    void drop(core::DropReason reason) noexcept {
        SPILLWAY_ASSERT(state_ == State::received);
        cells_->dropped[static_cast<std::size_t>(reason)].add();
        state_ = State::ended;
    }
    void finish(core::Ending ending) noexcept {
        SPILLWAY_ASSERT(state_ == State::accepted);
        cells_->finished[static_cast<std::size_t>(ending)].add();
        state_ = State::ended;
    }
    /// Ready for the connection's next request.
    void reset() noexcept {
        SPILLWAY_ASSERT(state_ == State::none || state_ == State::ended);
        state_ = State::none;
        cells_ = nullptr;
        tenant_ = nullptr;
    }

    [[nodiscard]] RouteCells* cells() const noexcept { return cells_; }
    [[nodiscard]] bool is_pending() const noexcept { return state_ == State::received; }
    [[nodiscard]] bool is_accepted() const noexcept { return state_ == State::accepted; }

private:
    enum class State : std::uint8_t { none, received, accepted, ended };
    RouteCells* cells_ = nullptr;
    TenantCells* tenant_ = nullptr;
    State state_ = State::none;
};

}  // namespace spillway::http
