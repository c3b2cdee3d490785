#pragma once
// The chunked transfer coding, read strictly and with a bound on everything that is not data.
//
// Beast 1.81's own decoder gathers a chunk line, its extensions and the whole trailer in the
// connection's buffer, obeys trailer fields, and hangs on a quoted extension across lines. This one
// is a state machine that holds no bytes: it needs no buffer to outgrow, and trailers end here.

#include <cstddef>
#include <cstdint>
#include <span>

namespace spillway::http {

/// RFC 9112, section 7.1. A regular value; a malformed byte is final.
class ChunkedDecoder {
public:
    static constexpr std::size_t line_bytes_max = 256;        // one chunk line, extensions included
    static constexpr std::uint64_t overhead_max = 64 * 1024;  // chunk lines above 1/4 of the data
    static constexpr std::size_t trailer_bytes_max = 8 * 1024;

    enum class Status : std::uint8_t { more, done, malformed };

    struct Step {
        std::size_t consumed = 0;    // bytes of the input that are dealt with
        std::span<const char> data;  // the body bytes among them; at most one run
        Status status = Status::more;
    };

    /// Eats input up to the end of the next run of data. Call until all is consumed or the status
    /// is not `more`. O(consumed).
    [[nodiscard]] Step next(std::span<const char> input) noexcept;

private:
    enum class State : std::uint8_t {
        size_first,
        size,
        size_space,
        extension,  // 1A;name=value;name="va\"lue" CR LF
        extension_name,
        extension_name_space,
        extension_value,
        extension_token,
        extension_quoted,
        extension_escaped,
        extension_end,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
        done,
        malformed
    };

    [[nodiscard]] State framing(char c) noexcept;
    [[nodiscard]] State chunk_line(char c) noexcept;
    [[nodiscard]] State size_digit(char c) noexcept;
    [[nodiscard]] State extension(char c) const noexcept;
    [[nodiscard]] State trailer(char c) noexcept;

    State state_ = State::size_first;
    std::uint64_t size_ = 0;      // of the chunk being read, or what is left of it
    std::uint64_t data_ = 0;      // body bytes so far
    std::uint64_t overhead_ = 0;  // all other bytes so far
    std::size_t line_ = 0;        // bytes of the current chunk line
    std::size_t trailer_ = 0;     // bytes of the trailer
};

}  // namespace spillway::http
