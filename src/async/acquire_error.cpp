#include "spillway/async/acquire_error.hpp"

#include <string>

namespace spillway::async {
namespace {

// Boost's base has a protected non-virtual destructor: nobody can delete through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class AcquireCategory final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "spillway.acquire"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<AcquireError>(value)) {
            case AcquireError::queue_full:
                return "no permit free and the queue is full";
            case AcquireError::wait_timeout:
                return "no permit before the deadline";
            case AcquireError::closed:
                return "closed";
            case AcquireError::shed:
                return "shed because of load";
            case AcquireError::evicted:
                return "evicted from the queue";
        }
        return "unknown";
    }
};
#pragma GCC diagnostic pop

}  // namespace

AcquireError acquire_error(core::RejectReason reason) noexcept {
    switch (reason) {
        case core::RejectReason::draining:
            return AcquireError::closed;
        case core::RejectReason::deadline:
            return AcquireError::wait_timeout;
        case core::RejectReason::shed:
            return AcquireError::shed;
        default:
            return AcquireError::queue_full;
    }
}

const boost::system::error_category& acquire_category() noexcept {
    static const AcquireCategory category;
    return category;
}

}  // namespace spillway::async
