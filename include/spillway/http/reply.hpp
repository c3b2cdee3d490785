#pragma once
// A handler's answer.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spillway/async/recycled.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/http/static_text.hpp"

namespace spillway::http {

/// A body that is made while it is sent, piece by piece, on the connection's own loop: a slow
/// reader makes it wait, not grow.
class BodySource {
public:
    virtual ~BodySource() = default;
    [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;  // bytes in all, fixed
    /// Fills the front of `piece`, returns the bytes written; 0 only after the last. Never blocks.
    [[nodiscard]] virtual std::size_t next(std::span<char> piece) = 0;
};

/// Bytes held by whoever made them (a string, an encoder's buffer), released with the reply.
class BodyBytes {
public:
    virtual ~BodyBytes() = default;
    [[nodiscard]] virtual std::span<const char> bytes() const noexcept = 0;
};

class StringBytes final : public BodyBytes, public async::Recycled {
public:
    explicit StringBytes(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] std::span<const char> bytes() const noexcept override { return text_; }

private:
    std::string text_;
};

/// One complete answer. At most one of `bytes` and `source` is set; with neither the body is empty,
/// and with a status of 204, 205 or 304 neither is sent. A status outside 200..599 is a bug of the
/// handler, as an exception is.
struct Reply {
    unsigned status = 200;
    StaticText content_type = "text/plain; charset=utf-8";
    std::unique_ptr<BodyBytes> bytes;
    std::unique_ptr<BodySource> source;
    /// Those with control bytes are left out, and those that would frame the reply.
    std::vector<std::pair<std::string, std::string>> fields;
    /// What the finished permit tells the limit.
    core::Outcome outcome = core::Outcome::success;

    [[nodiscard]] static Reply text(unsigned status, StaticText content_type, std::string body) {
        Reply reply;
        reply.status = status;
        reply.content_type = content_type;
        reply.bytes = std::make_unique<StringBytes>(std::move(body));
        return reply;
    }
    /// An RFC 9457 problem document: what is wrong, and what is allowed.
    [[nodiscard]] static Reply problem(unsigned status, std::string_view detail);
};

/// The phrase that goes with a status; "Unknown" for one that we never send.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// `text` as the inside of a JSON string.
[[nodiscard]] std::string json_escaped(std::string_view text);

}  // namespace spillway::http
