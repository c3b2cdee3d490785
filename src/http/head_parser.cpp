#include "http/head_parser.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <functional>

namespace spillway::http {

namespace beast_http = boost::beast::http;

namespace {

Method method_of(beast_http::verb token) noexcept {
    using beast_http::verb;
    switch (token) {
        case verb::get:
            return Method::get;
        case verb::head:
            return Method::head;
        case verb::post:
            return Method::post;
        case verb::put:
            return Method::put;
        case verb::patch:
            return Method::patch;
        case verb::delete_:
            return Method::delete_;
        case verb::options:
            return Method::options;
        default:
            return Method::other;
    }
}

bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }

/// The Host that a thread has last found well-formed: nearly all requests of a service ask for the
/// same one, and to compare it costs a fifth of reading it.
struct KnownHost {
    std::array<char, 62> text;
    std::uint16_t size;

    [[nodiscard]] bool is(std::string_view other) const noexcept {
        return other.size() == size && size > 0 &&
               std::memcmp(text.data(), other.data(), size) == 0;
    }
    void note(std::string_view other) noexcept {
        size = 0;
        if (other.size() > text.size()) return;
        std::copy(other.begin(), other.end(), text.begin());
        size = static_cast<std::uint16_t>(other.size());
    }
};
constinit thread_local KnownHost known_host{};

bool is_host(std::string_view text) noexcept {
    if (known_host.is(text)) return true;
    if (!is_authority(text, true)) return false;
    known_host.note(text);
    return true;
}

}  // namespace

HeadParser::HeadParser(char* base, std::size_t header_bytes_max, std::size_t target_bytes_max)
    : base_(base), header_bytes_max_(header_bytes_max), target_bytes_max_(target_bytes_max) {
    Base::header_limit(static_cast<std::uint32_t>(header_bytes_max));
    Base::body_limit(boost::none);  // BodyReader's business
}

HeadParser::Result HeadParser::parse(std::size_t available) {
    available_ = available;
    error_code ec;
    used_ += Base::put(boost::asio::buffer(base_ + used_, available - used_), ec);
    // A request line that does not end is a target that is too long, whatever follows it. (Beast
    // may not have looked at the line yet: it waits for the end of a header that came in pieces.)
    const std::size_t line_bytes_max = target_bytes_max_ + 32;
    if (!started_ && available > line_bytes_max &&
        (ec == beast_http::error::need_more || ec == beast_http::error::header_limit) &&
        std::find(base_, base_ + line_bytes_max, '\n') == base_ + line_bytes_max) {
        error_ = {414, "the request target is too long"};
        return Result::refused;
    }
    if (ec == beast_http::error::need_more) {
        if (const char* const why = waits_in_vain()) {
            error_ = {400, why};
            return Result::refused;
        }
        if (available < header_bytes_max_) return Result::need_more;
        ec = beast_http::error::header_limit;
    }
    if (ec) return refused_by_beast(ec);
    if (used_ > header_bytes_max_) {
        error_ = {431, "the header is too large"};
        return Result::refused;
    }
    return finish();
}

/// Why more bytes will not help, though Beast asks for them; null: they may. It waits for CR LF CR
/// LF before it looks at a line, so whoever ends lines with LF alone would wait with it until the
/// header's time is up; and it waits for the rest of a version even where the header has ended.
/// O(new bytes).
const char* HeadParser::waits_in_vain() noexcept {
    const std::string_view text(base_, available_);
    for (auto at = text.find('\n', scanned_); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        if (at == 0 || text[at - 1] != '\r') return "a line ends without a carriage return";
        if (at >= 3 && text[at - 2] == '\n') return "the request line is malformed";
    }
    scanned_ = available_;
    return nullptr;
}

std::string_view HeadParser::authority() const noexcept {
    return target_.authority.empty() ? find("host") : target_.authority;
}

FieldView HeadParser::field(std::size_t index) const noexcept {
    return {view(fields_[index].name), view(fields_[index].value)};
}

HeadParser::Slice HeadParser::slice(string_view_t s) const noexcept {
    return {static_cast<std::uint32_t>(s.data() - base_), static_cast<std::uint32_t>(s.size())};
}

/// A line that goes on in the next one, which RFC 9112 (5.2) has a server refuse. Of a fold within
/// the value Beast leaves one trace: the value is put together outside the connection's buffer. A
/// fold before the value leaves a line ending between the colon and it.
bool HeadParser::is_folded(string_view_t name, string_view_t value) const noexcept {
    const std::less<const char*> before;
    if (before(value.data(), base_) || before(base_ + available_, value.data() + value.size()))
        return true;
    const char* const colon = name.data() + name.size();
    // ": " nearly always; no call for two characters.
    return value.data() - colon > 2 && std::find(colon, value.data(), '\r') != value.data();
}

void HeadParser::refuse(error_code& ec, unsigned status, const char* detail) noexcept {
    error_ = {status, detail};
    ec = beast_http::error::bad_field;  // any error stops Beast; `error_` says which
}

void HeadParser::on_request_impl(verb_t verb, string_view_t, string_view_t target, int version,
                                 error_code& ec) {
    started_ = true;
    version_ = version;
    if (target.size() > target_bytes_max_) return refuse(ec, 414, "the request target is too long");
    method_ = method_of(verb);
    if (method_ == Method::other)
        return refuse(ec, 501, "this server does not implement the method");
    const auto parsed = http::parse_target({target.data(), target.size()});
    if (!parsed || (parsed->path == "*" && method_ != Method::options))
        return refuse(ec, 400, "the request target is malformed");
    target_ = *parsed;
}

void HeadParser::on_field_impl(field_t id, string_view_t name, string_view_t value,
                               error_code& ec) {
    if (field_count_ == fields_max) return refuse(ec, 431, "more than 100 header fields");
    if (is_folded(name, value)) return refuse(ec, 400, "a header field is folded");
    const Slice kept = value.empty() ? Slice{0, 0} : slice(value);
    fields_[field_count_++] = {slice(name), kept};
    note_field(id, name, kept, ec);
}

void HeadParser::note_field(field_t id, string_view_t name, Slice value, error_code& ec) {
    const std::string_view text = view(value);
    switch (id) {
        case field_t::host:
            if (++host_count_ > 1) return refuse(ec, 400, "more than one Host field");
            if (!is_host(text)) return refuse(ec, 400, "the Host field is malformed");
            return;
        case field_t::content_length:
            if (length_) return refuse(ec, 400, "more than one Content-Length field");
            if (chunked_) return refuse(ec, 400, "Content-Length beside Transfer-Encoding");
            length_ = parse_length(text);
            if (!length_) return refuse(ec, 400, "the Content-Length field is malformed");
            return;
        case field_t::connection:
            return note_connection(text);
        case field_t::transfer_encoding:
            return note_transfer_encoding(text, ec);
        case field_t::expect:
            return note_expectations(text, ec);
        case field_t::prefer:
            return wait_.note(text);
        default:
            break;
    }
    // Of several the first one counts, as for find().
    const std::string_view text_name(name.data(), name.size());
    if (id == field_t::unknown && text_name.size() == 12 && request_id_.size == 0 &&
        equals_ignoring_case(text_name, "x-request-id"))
        request_id_ = value;
    else if (id == field_t::unknown && text_name.size() == 15 && timeout_.size == 0 &&
             equals_ignoring_case(text_name, "request-timeout"))
        timeout_ = value;
}

/// Beast has seen to it that this is a list of tokens. It takes Proxy-Connection for the same
/// field, though that tells a proxy, and reaches us through one that has not understood it.
void HeadParser::note_connection(std::string_view value) noexcept {
    for (;;) {
        const auto comma = value.find(',');
        const auto option = trimmed(value.substr(0, comma));
        says_close_ = says_close_ || equals_ignoring_case(option, "close");
        says_keep_alive_ = says_keep_alive_ || equals_ignoring_case(option, "keep-alive");
        if (comma == std::string_view::npos) return;
        value.remove_prefix(comma + 1);
    }
}

/// A list that may be empty (RFC 9110, 10.1.1 and 5.6.1).
void HeadParser::note_expectations(std::string_view value, error_code& ec) noexcept {
    for (;;) {
        const auto comma = value.find(',');
        const auto expectation = trimmed(value.substr(0, comma));
        if (equals_ignoring_case(expectation, "100-continue"))
            expects_continue_ = true;
        else if (!expectation.empty())
            return refuse(ec, 417, "the only expectation that can be met is 100-continue");
        if (comma == std::string_view::npos) return;
        value.remove_prefix(comma + 1);
    }
}

void HeadParser::note_transfer_encoding(std::string_view value, error_code& ec) {
    if (chunked_) return refuse(ec, 400, "more than one Transfer-Encoding field");
    if (length_) return refuse(ec, 400, "Transfer-Encoding beside Content-Length");
    if (version_ < 11) return refuse(ec, 400, "Transfer-Encoding in HTTP/1.0");
    if (equals_ignoring_case(value, "chunked")) {
        chunked_ = true;
        return;
    }
    // A coding that we do not know is 501 (RFC 9112, 6.1). Anything else that is not just "chunked"
    // is an attempt to be read in two ways.
    bool is_unknown = false;
    bool is_chunked_last = false;
    bool has_chunked = false;
    for (std::string_view rest = value;;) {
        const auto comma = rest.find(',');
        const auto coding = trimmed(rest.substr(0, comma));
        if (!is_token(coding)) return refuse(ec, 400, "the Transfer-Encoding field is malformed");
        is_chunked_last = equals_ignoring_case(coding, "chunked");
        has_chunked = has_chunked || is_chunked_last;
        is_unknown = is_unknown || !is_chunked_last;
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    // Where chunked is not the last, nobody can say where the body ends (RFC 9112, 6.3).
    if (is_unknown && has_chunked == is_chunked_last)
        return refuse(ec, 501, "the only transfer coding known here is chunked");
    refuse(ec, 400, "chunked is applied more than once");
}

HeadParser::Result HeadParser::refused_by_beast(const error_code& ec) {
    using beast_http::error;
    if (error_.detail[0] != '\0') return Result::refused;  // one of ours
    if (ec == error::header_limit) {
        error_ = {431, "the header is too large"};
    } else if (ec == error::bad_version) {
        return refused_for_version();
    } else if (ec == error::bad_method || ec == error::bad_target || !started_) {
        error_ = {400, "the request line is malformed"};
    } else {
        error_ = {400, "a header field is malformed"};
    }
    return Result::refused;
}

/// Beast knows 1.0 and 1.1. A newer minor version is read as the newest that is known here
/// (RFC 9110, 2.5): it becomes 1.1 in the buffer, and Beast, which has taken nothing of the line
/// yet, looks at it again. Another major version gets 505; everything else in that place is noise.
HeadParser::Result HeadParser::refused_for_version() {
    const std::string_view text(base_, available_);
    const auto line = text.substr(0, text.find('\r'));
    const std::size_t n = line.size();
    const bool is_formed = n >= 9 && line.substr(n - 9, 6) == " HTTP/" && is_decimal(line[n - 3]) &&
                           line[n - 2] == '.' && is_decimal(line[n - 1]) &&
                           std::count(line.begin(), line.end(), ' ') == 2;
    error_ = {400, "the request line is malformed"};
    if (!is_formed) return Result::refused;
    if (line[n - 3] != '1') {
        error_ = {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
        return Result::refused;
    }
    if (line[n - 1] < '2') return Result::refused;  // what follows the version is wrong
    error_ = {};
    base_[n - 1] = '1';
    return parse(available_);
}

HeadParser::Result HeadParser::finish() {
    if (host_count_ == 0 && is_http_1_1()) {
        error_ = {400, "an HTTP/1.1 request needs a Host field"};
        return Result::refused;
    }
    keep_alive_ = !says_close_ && (is_http_1_1() || says_keep_alive_);
    // RFC 9110, 10.1.1: an expectation in HTTP/1.0 is ignored, and without a body means nothing.
    if (!is_http_1_1() || !has_body()) expects_continue_ = false;
    return Result::complete;
}

}  // namespace spillway::http
