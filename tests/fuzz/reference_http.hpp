#pragma once
// HTTP/1.1 once more, for oracles: written from RFC 9112 line by line over the whole text, slow and
// plain, without a look at the parser that it judges. Where this service is stricter than the RFC
// (docs: "On the wire" of the README), so is this.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::fuzz {

struct HttpLimits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t target_bytes = 8 * 1024;
    std::size_t fields = 100;
};

enum class Verdict : std::uint8_t { incomplete, good, bad };

struct ReferenceHead {
    Verdict verdict = Verdict::incomplete;
    std::string_view why;  // of bad
    std::size_t size = 0;  // of good: bytes up to the end of the empty line
    std::string method;
    std::string target;
    bool is_1_1 = false;
    bool is_head = false;         // its first five bytes say so, also of a bad one
    bool is_https = false;        // the target's scheme
    bool may_be_refused = false;  // a Connection field that is no list of tokens
    bool keep_alive = false;
    bool expects_continue = false;
    bool chunked = false;
    std::uint64_t length = 0;
    std::optional<std::uint32_t> wait_s;  // Prefer
    std::vector<std::pair<std::string, std::string>> fields;

    [[nodiscard]] bool has_body() const { return chunked || length > 0; }
    [[nodiscard]] const std::string* find(std::string_view lower_name) const;
};

/// The head at the front of `text`, whose first byte is no part of an empty line.
[[nodiscard]] ReferenceHead reference_head(std::string_view text, const HttpLimits& limits);

struct ReferenceBody {
    Verdict verdict = Verdict::incomplete;
    std::size_t size = 0;  // bytes up to the end of the body, or as far as was read
    std::string data;
};

/// Beside the grammar. Unlimited unless said otherwise.
struct ChunkLimits {
    std::size_t line_bytes = SIZE_MAX;          // of a chunk line without its LF
    std::uint64_t overhead_bytes = UINT64_MAX;  // what is no data, beyond a quarter of what is
    std::size_t trailer_bytes = SIZE_MAX;       // of all trailer lines without their LF
};
[[nodiscard]] ReferenceBody reference_chunked(std::string_view text,
                                              const ChunkLimits& limits = {});

/// What a client has sent on one connection, cut into requests. The last one may be incomplete or
/// bad; nothing is known of what follows it.
struct ReferenceRequest {
    ReferenceHead head;
    Verdict body = Verdict::incomplete;
    std::uint64_t body_bytes = 0;  // on the wire, as far as they came
};
[[nodiscard]] std::vector<ReferenceRequest> reference_requests(std::string_view sent,
                                                               const HttpLimits& limits);

struct ReferenceReply {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;

    [[nodiscard]] std::string field(std::string_view name) const;
    [[nodiscard]] bool closes() const { return field("Connection") == "close"; }
};

/// Takes one reply off the front of `text`; nothing if it is not all there. Fails on what no reply
/// to such a request may be.
[[nodiscard]] std::optional<ReferenceReply> take_reply(std::string_view& text, bool to_head);

}  // namespace spillway::fuzz
