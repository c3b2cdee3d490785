#pragma once
// One request's body as it comes off the wire: how much, and where it ends.

#include <algorithm>
#include <cstdint>
#include <span>

#include "http/chunked_decoder.hpp"

namespace spillway::http {

/// Finds the body's bytes in what arrives, whichever way it is framed. A regular value.
class BodyReader {
public:
    enum class Status : std::uint8_t { more, done, malformed };

    struct Step {
        std::size_t consumed = 0;
        std::span<const char> data;
        Status status = Status::more;
    };

    BodyReader() = default;  // no body
    [[nodiscard]] static BodyReader chunked() noexcept {
        BodyReader reader;
        reader.chunked_ = true;
        return reader;
    }
    [[nodiscard]] static BodyReader sized(std::uint64_t bytes) noexcept {
        BodyReader reader;
        reader.left_ = bytes;
        return reader;
    }

    /// Eats input up to the end of the next run of body bytes. Once `done`, nothing more is eaten:
    /// what follows is the next request.
    [[nodiscard]] Step next(std::span<const char> input) noexcept {
        if (chunked_) {
            if (done_) return {0, {}, Status::done};
            const auto step = decoder_.next(input);
            done_ = step.status == ChunkedDecoder::Status::done;
            const Status status = step.status == ChunkedDecoder::Status::malformed
                                      ? Status::malformed
                                  : done_ ? Status::done
                                          : Status::more;
            return {step.consumed, step.data, status};
        }
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
        left_ -= n;
        return {n, input.first(n), left_ == 0 ? Status::done : Status::more};
    }

    [[nodiscard]] bool is_done() const noexcept { return chunked_ ? done_ : left_ == 0; }
    [[nodiscard]] bool is_chunked() const noexcept { return chunked_; }
    /// Bytes still to come; of a sized body only.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }

private:
    ChunkedDecoder decoder_;
    std::uint64_t left_ = 0;
    bool chunked_ = false;
    bool done_ = false;
};

}  // namespace spillway::http
