#pragma once
// The memory that a connection needs while it is active, and only then.

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "http/head_parser.hpp"

namespace spillway::http {

/// Buffers and parser of one active connection, in pages of their own: once freed they are the
/// kernel's again, while freed pieces between the sessions on the heap would stay resident for
/// good. The rarely touched end of the input buffer costs address space only. Shard-local.
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

    static constexpr std::size_t out_size = 2048;  // any reply head, and a small reply whole
    std::optional<HeadParser> parser;
    std::array<char, out_size> out;
    char* const in;
    const std::size_t in_size;

private:
    SessionBuffers(char* in_begin, std::size_t in_bytes) noexcept
        : in(in_begin), in_size(in_bytes) {}
    ~SessionBuffers() = default;
};

}  // namespace spillway::http
