#include "http/chunked_decoder.hpp"

#include <algorithm>

#include "http/syntax.hpp"

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

bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

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

ChunkedDecoder::State ChunkedDecoder::framing(char c) noexcept {
    switch (state_) {
        case State::size_first:
            line_ = 1;
            size_ = 0;
            return hex_value(c) < 0 ? State::malformed : size_digit(c);
        case State::size_lf:
            if (c != '\n') return State::malformed;
            return size_ == 0 ? State::trailer_start : State::data;
        case State::data_cr:
            return c == '\r' ? State::data_lf : State::malformed;
        case State::data_lf:
            return c == '\n' ? State::size_first : State::malformed;
        case State::trailer_start:
        case State::trailer_name:
        case State::trailer_value:
            return trailer(c);
        case State::trailer_lf:
            return c == '\n' ? State::trailer_start : State::malformed;
        case State::end_lf:
            return c == '\n' ? State::done : State::malformed;
        default:
            return ++line_ > line_bytes_max ? State::malformed : chunk_line(c);
    }
}

ChunkedDecoder::State ChunkedDecoder::chunk_line(char c) noexcept {
    if (state_ == State::size && hex_value(c) >= 0) return size_digit(c);
    if (state_ != State::size && state_ != State::size_space) return extension(c);
    if (c == ';') return State::extension;
    if (is_space(c)) return State::size_space;  // allowed before an extension only
    return c == '\r' && state_ == State::size ? State::size_lf : State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::size_digit(char c) noexcept {
    if (size_ >> 60 != 0) return State::malformed;  // this digit would overflow
    size_ = size_ * 16 + static_cast<std::uint64_t>(hex_value(c));
    return State::size;
}

/// RFC 9112, 7.1.1. Read to the letter though it means nothing to us: others, who end a quoted
/// string elsewhere than we do, would end the chunk line elsewhere.
ChunkedDecoder::State ChunkedDecoder::extension(char c) const noexcept {
    const auto ends_with = [c](State otherwise) {
        if (c == ';') return State::extension;
        return c == '\r' ? State::size_lf : otherwise;
    };
    switch (state_) {
        case State::extension:
            if (is_space(c)) return State::extension;
            return is_token_char(c) ? State::extension_name : State::malformed;
        case State::extension_name:
            if (is_token_char(c)) return State::extension_name;
            if (c == '=') return State::extension_value;
            return ends_with(is_space(c) ? State::extension_name_space : State::malformed);
        case State::extension_name_space:
            if (is_space(c)) return State::extension_name_space;
            if (c == '=') return State::extension_value;
            return c == ';' ? State::extension : State::malformed;
        case State::extension_value:
            if (is_space(c)) return State::extension_value;
            if (c == '"') return State::extension_quoted;
            return is_token_char(c) ? State::extension_token : State::malformed;
        case State::extension_token:
            if (is_token_char(c)) return State::extension_token;
            return ends_with(is_space(c) ? State::size_space : State::malformed);
        case State::extension_quoted:
            if (c == '"') return State::extension_end;
            if (c == '\\') return State::extension_escaped;
            return is_field_text(c) ? State::extension_quoted : State::malformed;
        case State::extension_escaped:
            return is_field_text(c) ? State::extension_quoted : State::malformed;
        case State::extension_end:
            return ends_with(is_space(c) ? State::size_space : State::malformed);
        default:
            return State::malformed;
    }
}

ChunkedDecoder::State ChunkedDecoder::trailer(char c) noexcept {
    if (state_ == State::trailer_start && c == '\r') return State::end_lf;
    if (++trailer_ > trailer_bytes_max) return State::malformed;
    if (state_ == State::trailer_value) {
        if (c == '\r') return State::trailer_lf;
        return is_field_text(c) ? State::trailer_value : State::malformed;
    }
    if (is_token_char(c)) return State::trailer_name;
    return c == ':' && state_ == State::trailer_name ? State::trailer_value : State::malformed;
}

}  // namespace spillway::http
