#pragma once
// What a route runs once a request has its permit.
//
// Two kinds, one interface. A *loop handler* is a coroutine on the connection's own loop: it may
// await, it must never block. A *job handler* computes on a worker pool: it may block and burn, and
// asks its stop token now and then. Admission is the same for both and has happened before either
// runs; the permit travels with the work and comes back when the CPU is really free.

#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "spillway/async/job.hpp"
#include "spillway/async/recycled.hpp"
#include "spillway/async/shard.hpp"
#include "spillway/http/reply.hpp"
#include "spillway/http/request.hpp"

namespace spillway::http {

class Exchange;

/// How a request's body reaches the handler.
enum class BodyMode : std::uint8_t {
    buffered,   // whole, in memory, before the permit is asked for
    discarded,  // read and thrown away before the permit is asked for; holds no memory
    streamed,   // read by the handler through the exchange, while it holds the permit
};

/// One request's work, made from its header before its body is read. Counted by references: a job
/// on a pool may outlive the connection that it works for.
class Work : public async::Recycled,
             public boost::intrusive_ref_counter<Work, boost::thread_safe_counter> {
public:
    virtual ~Work() = default;
    /// Runs on the loop, holding the permit; the exchange outlives it. What it throws is a 500.
    [[nodiscard]] virtual async::Task<Reply> run(Exchange& exchange) = 0;
};

/// Parameters that cannot be served: answered with 400 and this text.
struct BadRequest {
    std::string detail;
};

class Handler {
public:
    virtual ~Handler() = default;

    [[nodiscard]] virtual BodyMode body_mode() const noexcept = 0;

    /// Reads what it needs of the header (views die soon), refuses what is wrong with it. Called on
    /// a loop, before admission; must be cheap, must not throw for bad input. Thread-safe.
    [[nodiscard]] virtual std::variant<std::unique_ptr<Work>, BadRequest> prepare(
        const RequestHead& head) const = 0;
};

/// What a job gets beside its context.
struct JobInput {
    std::span<const char> body;    // whole; empty when the body was discarded
    std::uint64_t body_bytes = 0;  // bytes that came, also when they were discarded
};

/// Work that computes on the route's pool. Runs on a worker; what it throws is a 500.
class JobWork : public Work {
public:
    [[nodiscard]] virtual Reply compute(const JobInput& input, async::JobContext& context) = 0;
    [[nodiscard]] async::Task<Reply> run(Exchange& exchange) final;
};

}  // namespace spillway::http
