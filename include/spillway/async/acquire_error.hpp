#pragma once
// Why an acquire ended without a permit, as an error_code.

#include <boost/system/error_code.hpp>
#include <type_traits>

#include "spillway/core/reason.hpp"

namespace spillway::async {

/// A cancelled acquire ends with boost::asio::error::operation_aborted instead.
enum class AcquireError {
    queue_full = 1,  // no permit free and no place in the queue
    wait_timeout,    // the deadline came first
    closed,          // no newcomers any more, or stopped while waiting
    shed,            // refused because of load, as a newcomer or after a wait
    evicted,         // shed, too: a newcomer with the better claim took the place
};

/// What a reason of core::BasicAdmissionQueue becomes.
[[nodiscard]] AcquireError acquire_error(core::RejectReason reason) noexcept;

[[nodiscard]] const boost::system::error_category& acquire_category() noexcept;

[[nodiscard]] inline boost::system::error_code make_error_code(AcquireError error) noexcept {
    return {static_cast<int>(error), acquire_category()};
}

}  // namespace spillway::async

template <>
struct boost::system::is_error_code_enum<spillway::async::AcquireError> : std::true_type {};
