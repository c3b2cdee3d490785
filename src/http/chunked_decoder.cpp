#include "http/chunked_decoder.hpp"

#include <algorithm>

namespace spillway::http {
namespace {

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_field_text(char c) noexcept {
    const auto u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= 0x20 && u != 0x7f);
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::next(std::span<const char> input) noexcept {
    Step step;
    while (step.consumed < input.size() && state_ != State::done && state_ != State::malformed) {
        if (state_ == State::data) {
            const auto n = static_cast<std::size_t>(
                std::min<std::uint64_t>(size_, input.size() - step.consumed));
            step.data = input.subspan(step.consumed, n);
            step.consumed += n;
            data_ += n;
            size_ -= n;
            if (size_ == 0) state_ = State::data_cr;
            break;
        }
        state_ = framing(input[step.consumed++]);
        // Endless one-byte chunks or long extensions cost the sender little and us much.
        if (++overhead_ > overhead_max + data_ / 4) state_ = State::malformed;
    }
    if (state_ == State::done) step.status = Status::done;
    if (state_ == State::malformed) step.status = Status::malformed;
    return step;
}

ChunkedDecoder::State ChunkedDecoder::after_size(char c) noexcept {
    if (c == '\r') return State::size_lf;
    if (c == ';') return State::extension;
    return c == ' ' || c == '\t' ? State::size_space : State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::framing(char c) noexcept {
    switch (state_) {
        case State::size_first:
            line_ = 1;
            size_ = 0;
            if (hex_value(c) < 0) return State::malformed;
            size_ = static_cast<std::uint64_t>(hex_value(c));
            return State::size;
        case State::size: {
            if (++line_ > line_bytes_max) return State::malformed;
            const int digit = hex_value(c);
            if (digit < 0) return after_size(c);
            if (size_ >> 60 != 0) return State::malformed;  // the next digit would overflow
            size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
            return State::size;
        }
        case State::size_space:  // allowed before an extension only
            if (++line_ > line_bytes_max || c == '\r') return State::malformed;
            return after_size(c);
        case State::extension:
            if (++line_ > line_bytes_max) return State::malformed;
            if (c == '\r') return State::size_lf;
            return is_field_text(c) ? State::extension : State::malformed;
        case State::size_lf:
            if (c != '\n') return State::malformed;
            return size_ == 0 ? State::trailer_start : State::data;
        case State::data_cr:
            return c == '\r' ? State::data_lf : State::malformed;
        case State::data_lf:
            return c == '\n' ? State::size_first : State::malformed;
        case State::trailer_start:
            if (c == '\r') return State::end_lf;
            [[fallthrough]];
        case State::trailer:
            if (++trailer_ > trailer_bytes_max) return State::malformed;
            if (c == '\r') return State::trailer_lf;
            return is_field_text(c) ? State::trailer : State::malformed;
        case State::trailer_lf:
            return c == '\n' ? State::trailer_start : State::malformed;
        case State::end_lf:
            return c == '\n' ? State::done : State::malformed;
        default:
            return State::malformed;
    }
}

}  // namespace spillway::http
