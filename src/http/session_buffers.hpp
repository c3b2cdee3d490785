#pragma once
// The memory that a connection needs while it is active, and only then.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "http/head_parser.hpp"

namespace spillway::http {

/// Buffers and parser of one active connection, in pages of their own: once freed they are the
/// kernel's again, while freed pieces between the sessions on the heap would stay resident for
/// good. The input follows the parser in the same page, so a small request that is refused touches
/// one page of its connection, and what is never touched costs address space only. Shard-local.
class SessionBuffers {
public:
    struct Unmap {
        void operator()(SessionBuffers* buffers) const noexcept;
    };
    using Ptr = std::unique_ptr<SessionBuffers, Unmap>;

    /// With at least `in_bytes` for input. Throws std::bad_alloc.
    [[nodiscard]] static Ptr make(std::size_t in_bytes);

    SessionBuffers(const SessionBuffers&) = delete;
    SessionBuffers& operator=(const SessionBuffers&) = delete;

    /// For a useful piece of a body, or for requests behind the largest header.
    static constexpr std::size_t behind_header = 4096;
    static constexpr std::size_t out_size = 2048;  // any reply head, and a small reply whole

    char* const in;
    const std::size_t in_size;
    const std::span<char>
        out;  // what a socket did not take at once, and heads of handlers' replies
    std::optional<HeadParser> parser;

private:
    SessionBuffers(std::span<char> input, std::span<char> output) noexcept
        : in(input.data()), in_size(input.size()), out(output) {}
    ~SessionBuffers() = default;
};

}  // namespace spillway::http
