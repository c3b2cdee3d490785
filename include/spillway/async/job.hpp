#pragma once
// What a worker pool runs, and what comes back.

#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <variant>

#include "spillway/async/unique_function.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

/// What a running job may ask: should it stop, and until when does its answer matter.
struct JobContext {
    std::stop_token stop;
    core::TimePoint deadline = core::never;
};

using Job = UniqueFunction<void(JobContext&)>;

/// How a job given to `WorkerPool::async_run` ended.
enum class RunStatus : std::uint8_t {
    done,       // it ran: `value`
    threw,      // it ran: `error`
    cancelled,  // its caller cancelled it; it may still be running
    refused,    // never taken: the pool was full or closed
    undone,     // the pool's close deadline came first; it may still be running
};

/// The result of a job that returns R. A job that returns nothing has a `std::monostate` value.
template <class R>
struct RunResult {
    using Value = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

    RunStatus status = RunStatus::undone;
    std::optional<Value> value;  // of `done` only
    std::exception_ptr error;    // of `threw` only
};

}  // namespace spillway::async
