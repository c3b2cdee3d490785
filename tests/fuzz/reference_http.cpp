#include "fuzz/reference_http.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

#include "fuzz/require.hpp"

namespace spillway::fuzz {

namespace {

constexpr std::string_view line_end = "\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_tchar(char c) {
    return is_digit(c) || is_alpha(c) ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}
bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar);
}
/// field-vchar, SP and HTAB.
bool is_text(char c) {
    const auto u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= 0x20 && u != 0x7f);
}
std::string lower(std::string_view text) {
    std::string low(text);
    for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return low;
}
std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}
std::optional<std::uint64_t> number(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::uint64_t n = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (n > (UINT64_MAX - digit) / 10) return std::nullopt;
        n = n * 10 + digit;
    }
    return n;
}
std::vector<std::string> list_of(std::string_view value) {
    std::vector<std::string> all;
    for (;;) {
        const auto comma = value.find(',');
        all.push_back(lower(trim(value.substr(0, comma))));
        if (comma == std::string_view::npos) return all;
        value.remove_prefix(comma + 1);
    }
}

/// What may stand in a URI, percent-encodings whole; `others` beside the unreserved characters.
bool is_uri_text(std::string_view text, std::string_view others) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
            i += 2;
        } else if (!is_alpha(text[i]) && !is_digit(text[i]) &&
                   (text[i] == '\0' ||
                    ("-._~" + std::string(others)).find(text[i]) == std::string::npos)) {
            return false;
        }
    }
    return true;
}
constexpr std::string_view sub_delims = "!$&'()*+,;=";

bool is_ip_literal(std::string_view text) {
    if (!text.empty() && (text[0] == 'v' || text[0] == 'V')) {
        const auto dot = text.find('.');
        if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
        const auto version = text.substr(1, dot - 1);
        const auto address = text.substr(dot + 1);
        return std::all_of(version.begin(), version.end(), is_hex) &&
               address.find('%') == std::string_view::npos &&
               is_uri_text(address, std::string(sub_delims) + ":");
    }
    std::array<unsigned char, 16> address;
    return text.find('\0') == std::string_view::npos &&
           inet_pton(AF_INET6, std::string(text).c_str(), address.data()) == 1;
}

bool is_authority(std::string_view text, bool may_be_empty) {
    if (text.empty()) return may_be_empty;
    std::string_view port;
    if (text[0] == '[') {
        const auto end = text.find(']');
        if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
        port = text.substr(end + 1);
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        if (colon == 0 || !is_uri_text(text.substr(0, colon), sub_delims)) return false;
        port = text.substr(colon);
    }
    if (port.empty()) return true;
    port.remove_prefix(1);
    if (port.data()[-1] != ':' || port.size() > 5) return false;
    return port.empty() || number(port).value_or(65536) <= 65535;
}

bool is_target(std::string_view target, std::string_view method) {
    if (target == "*") return method == "OPTIONS";
    // Beside what RFC 3986 allows: what browsers send unescaped.
    if (!is_uri_text(target, std::string(sub_delims) + ":/?@[]{}|^`")) return false;
    if (target.starts_with('/')) return true;
    const std::string start = lower(target.substr(0, 8));
    const std::size_t scheme = start == "https://" ? 8 : start.starts_with("http://") ? 7 : 0;
    if (scheme == 0) return false;
    target.remove_prefix(scheme);
    return is_authority(target.substr(0, target.find_first_of("/?")), false);
}

bool is_known_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> known{"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};
    return std::find(known.begin(), known.end(), method) != known.end();
}

/// Empty if nothing is wrong.
std::string_view read_request_line(std::string_view line, ReferenceHead& head,
                                   const HttpLimits& limits) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return "no request line";
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_known_method(head.method)) return "the method";
    // The highest minor version that we know stands for all newer ones (RFC 9110, 2.5).
    if (version.size() != 8 || !version.starts_with("HTTP/1.") || !is_digit(version[7]))
        return "the version";
    head.is_1_1 = version[7] != '0';
    head.is_https = lower(head.target).starts_with("https:");
    if (head.target.size() > limits.target_bytes) return "the length of the target";
    return is_target(head.target, head.method) ? "" : "the target";
}

std::string_view read_field(std::string_view line, ReferenceHead& head) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return "a field name";
    const auto value = trim(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_text)) return "a field value";
    head.fields.emplace_back(line.substr(0, colon), value);
    return "";
}

/// Of a line that has begun and not ended.
bool may_become_request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto method = line.substr(0, first);
    if (!std::all_of(method.begin(), method.end(), is_tchar)) return false;
    if (first == std::string_view::npos) return true;
    const auto second = line.find(' ', first + 1);
    const auto target = line.substr(first + 1, second - first - 1);
    if (!std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f; }))
        return false;
    if (second == std::string_view::npos) return !method.empty();
    const auto version = line.substr(second + 1);
    return !method.empty() && !target.empty() &&
           std::string_view("HTTP/1.").starts_with(version.substr(0, 7)) &&
           (version.size() < 8 || is_digit(version[7])) &&
           (version.size() < 9 || version.substr(8) == "\r");
}

bool may_become_field(std::string_view line) {
    if (line.empty() || line == "\r") return true;
    const bool is_over = line.ends_with('\r');
    if (is_over) line.remove_suffix(1);
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (!std::all_of(name.begin(), name.end(), is_tchar)) return false;
    if (colon == std::string_view::npos) return !is_over;
    const auto value = line.substr(colon + 1);
    return !name.empty() && std::all_of(value.begin(), value.end(), is_text);
}

/// The elements of a list whose commas may stand in quoted strings. What a quote without an end has
/// behind it belongs to its element.
std::vector<std::string> quoted_list_of(std::string_view value) {
    std::vector<std::string> all(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == ',' && !is_quoted) {
            all.emplace_back();
            continue;
        }
        if (value[i] == '"') is_quoted = !is_quoted;
        all.back() += value[i];
        if (is_quoted && value[i] == '\\' && i + 1 < value.size()) all.back() += value[++i];
    }
    return all;
}

/// preference = token [ BWS "=" BWS word ] *( OWS ";" ... ) (RFC 7240, section 2); the first one
/// that is called wait says it, or nothing does. At most a day.
std::optional<std::uint32_t> preferred_wait(std::string_view list) {
    for (const std::string& element : quoted_list_of(list)) {
        const auto preference = trim(element);
        const auto name_end = std::find_if_not(preference.begin(), preference.end(), is_tchar);
        const auto name =
            preference.substr(0, static_cast<std::size_t>(name_end - preference.begin()));
        if (lower(name) != "wait") continue;
        auto rest = trim(preference.substr(name.size()));
        if (!rest.starts_with('=')) return std::nullopt;
        rest = trim(rest.substr(1));
        std::string word;
        std::size_t at = 0;
        if (rest.starts_with('"')) {
            for (at = 1; at < rest.size() && rest[at] != '"'; ++at) {
                if (rest[at] == '\\') ++at;
                if (at < rest.size()) word += rest[at];
            }
            if (at >= rest.size()) return std::nullopt;
            ++at;
        } else {
            while (at < rest.size() && is_tchar(rest[at])) word += rest[at++];
        }
        const auto behind = trim(rest.substr(at));
        if (!behind.empty() && behind[0] != ';') return std::nullopt;
        if (word.empty() || !std::all_of(word.begin(), word.end(), is_digit)) return std::nullopt;
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>(number(word).value_or(86400), 86400));
    }
    return std::nullopt;
}

std::string_view read_meaning(ReferenceHead& head, bool is_whole) {
    unsigned hosts = 0;
    unsigned lengths = 0;
    unsigned codings = 0;
    bool close = false;
    bool keep = false;
    std::string prefer;
    for (const auto& [cased_name, value] : head.fields) {
        const std::string name = lower(cased_name);
        if (name == "host") {
            ++hosts;
            if (!is_authority(value, true)) return "Host";
        } else if (name == "content-length") {
            ++lengths;
            const auto length = number(value);
            if (!length) return "Content-Length";
            head.length = *length;
        } else if (name == "transfer-encoding") {
            ++codings;
            if (lower(value) != "chunked") return "Transfer-Encoding";
            head.chunked = true;
        } else if (name == "expect") {
            for (const auto& expectation : list_of(value)) {
                if (!expectation.empty() && expectation != "100-continue") return "Expect";
                head.expects_continue = head.expects_continue || !expectation.empty();
            }
        } else if (name == "prefer") {
            prefer += value + ",";
        } else if (name == "connection" || name == "proxy-connection") {
            for (const auto& option : list_of(value))
                head.may_be_refused = head.may_be_refused || !is_token(option);
            if (name == "proxy-connection") continue;
            for (const auto& option : list_of(value)) {
                close = close || option == "close";
                keep = keep || option == "keep-alive";
            }
        }
    }
    if (hosts > 1 || (is_whole && hosts == 0 && head.is_1_1)) return "the number of Host fields";
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) return "two framings";
    if (head.chunked && !head.is_1_1) return "chunked in HTTP/1.0";
    head.wait_s = preferred_wait(prefer);
    head.keep_alive = !close && (head.is_1_1 || keep);
    head.expects_continue = head.expects_continue && head.is_1_1 && head.has_body();
    return "";
}

/// Where the chunk line that begins at `at` ends (behind its LF), and its size.
struct ChunkLine {
    Verdict verdict = Verdict::incomplete;
    std::size_t end = 0;
    std::uint64_t size = 0;
};

/// Reads a text character by character; 'incomplete' at its end, 'bad' at the first one that does
/// not fit.
class Reader {
public:
    Reader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    [[nodiscard]] char peek() const { return text_[at_]; }
    [[nodiscard]] std::size_t position() const { return at_; }
    void skip() { ++at_; }
    template <class Fits>
    std::string_view run(Fits fits) {
        const auto begin = at_;
        while (!at_end() && fits(peek())) skip();
        return text_.substr(begin, at_ - begin);
    }
    /// Eats `c`; else says why not.
    Verdict eat(char c) {
        if (at_end()) return Verdict::incomplete;
        if (peek() != c) return Verdict::bad;
        skip();
        return Verdict::good;
    }

private:
    std::string_view text_;
    std::size_t at_;
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

Verdict read_quoted(Reader& in) {
    in.skip();
    for (;;) {
        in.run([](char c) { return is_text(c) && c != '"' && c != '\\'; });
        if (in.at_end()) return Verdict::incomplete;
        if (in.peek() == '"') {
            in.skip();
            return Verdict::good;
        }
        if (in.peek() != '\\') return Verdict::bad;
        in.skip();
        if (in.at_end()) return Verdict::incomplete;
        if (!is_text(in.peek())) return Verdict::bad;
        in.skip();
    }
}

/// *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
Verdict read_extensions(Reader& in) {
    for (;;) {
        const bool has_blank = !in.run(is_blank).empty();
        if (in.at_end()) return Verdict::incomplete;
        if (in.peek() != ';') return has_blank ? Verdict::bad : Verdict::good;
        in.skip();
        in.run(is_blank);
        if (in.at_end()) return Verdict::incomplete;
        if (in.run(is_tchar).empty()) return Verdict::bad;
        // Blanks behind the name belong to the '=' or to the next ';'.
        Reader ahead = in;
        ahead.run(is_blank);
        if (ahead.at_end()) return Verdict::incomplete;
        if (ahead.peek() != '=') continue;
        in = ahead;
        in.skip();
        in.run(is_blank);
        if (in.at_end()) return Verdict::incomplete;
        if (in.peek() == '"') {
            const Verdict quoted = read_quoted(in);
            if (quoted != Verdict::good) return quoted;
        } else if (in.run(is_tchar).empty()) {
            return Verdict::bad;
        }
    }
}

ChunkLine read_chunk_line(std::string_view text, std::size_t at) {
    Reader in(text, at);
    const auto digits = in.run(is_hex);
    ChunkLine line;
    for (const char c : digits) {
        if (line.size >> 60 != 0) return {Verdict::bad};
        line.size =
            line.size * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 32) - 'a' + 10);
    }
    if (digits.empty()) return {in.at_end() ? Verdict::incomplete : Verdict::bad};
    if (const Verdict v = read_extensions(in); v != Verdict::good) return {v};
    if (const Verdict v = in.eat('\r'); v != Verdict::good) return {v};
    if (const Verdict v = in.eat('\n'); v != Verdict::good) return {v};
    line.verdict = Verdict::good;
    line.end = in.position();
    return line;
}

/// From behind the last chunk line; returns where it stopped.
std::pair<Verdict, std::size_t> read_trailer(std::string_view text, std::size_t at) {
    Reader in(text, at);
    const auto stopped = [&in](Verdict why) { return std::pair(why, in.position()); };
    for (;;) {
        if (in.at_end()) return stopped(Verdict::incomplete);
        if (in.peek() == '\r') {
            in.skip();
            return stopped(in.eat('\n'));
        }
        if (in.run(is_tchar).empty()) return stopped(Verdict::bad);
        if (const Verdict v = in.eat(':'); v != Verdict::good) return stopped(v);
        in.run(is_text);
        if (const Verdict v = in.eat('\r'); v != Verdict::good) return stopped(v);
        if (const Verdict v = in.eat('\n'); v != Verdict::good) return stopped(v);
    }
}

}  // namespace

const std::string* ReferenceHead::find(std::string_view lower_name) const {
    for (const auto& [name, value] : fields)
        if (lower(name) == lower_name) return &value;
    return nullptr;
}

ReferenceHead reference_head(std::string_view text, const HttpLimits& limits) {
    ReferenceHead head;
    const auto end = text.find("\r\n\r\n");
    const bool is_whole = end != std::string_view::npos;
    head.size = is_whole ? end + 4 : text.size();
    head.is_head = text.starts_with("HEAD ");
    const auto bad = [&head](std::string_view why) {
        head.verdict = Verdict::bad;
        head.why = why;
        return head;
    };
    // What fills its room without an end can only become too large.
    if (head.size + (is_whole ? 0 : 1) > limits.header_bytes) return bad("the size of the header");
    const std::string_view lines = text.substr(0, head.size);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i] == '\n' && (i == 0 || lines[i - 1] != '\r')) return bad("a bare LF");
    std::string_view rest = is_whole ? text.substr(0, end + 2) : text;
    for (bool is_first = true; !rest.empty(); is_first = false) {
        const auto line = rest.substr(0, rest.find(line_end));
        if (line.size() == rest.size()) {
            // "OPTIONS", two spaces, a version and a CR: a longer line has too long a target.
            const bool is_too_long = is_first && line.size() > limits.target_bytes + 18;
            const bool may =
                !is_too_long && (is_first ? may_become_request_line(line) : may_become_field(line));
            if (!may) return bad("the line that has begun");
            break;
        }
        rest.remove_prefix(line.size() + 2);
        const auto why = is_first ? read_request_line(line, head, limits) : read_field(line, head);
        if (!why.empty()) return bad(why);
    }
    if (head.fields.size() > limits.fields) return bad("the number of fields");
    if (const auto why = read_meaning(head, is_whole); !why.empty()) return bad(why);
    if (is_whole) head.verdict = Verdict::good;
    return head;
}

/// Beyond its limits at the end of what has come of this line, if not before.
bool is_too_much(const ReferenceBody& body, std::size_t line_begin, std::size_t line_end_at,
                 const ChunkLimits& limits) {
    const std::uint64_t data = body.data.size();
    const std::uint64_t allowed =
        limits.overhead_bytes == UINT64_MAX ? UINT64_MAX : limits.overhead_bytes + data / 4;
    return line_end_at - line_begin > limits.line_bytes || line_end_at - data > allowed;
}

ReferenceBody reference_chunked(std::string_view text, const ChunkLimits& limits) {
    ReferenceBody body;
    const auto ended = [&body](Verdict verdict) {
        body.verdict = verdict;
        return std::move(body);
    };
    for (;;) {
        const std::size_t begin = body.size;
        const ChunkLine line = read_chunk_line(text, begin);
        if (line.verdict == Verdict::bad) return ended(Verdict::bad);
        const bool is_whole = line.verdict == Verdict::good;
        body.size = is_whole ? line.end : text.size();
        // The LF is no part of the line; where it is missing, the CR may be, too.
        const std::size_t stop = is_whole ? line.end - 1 : text.size();
        if (is_too_much(body, begin, stop, limits)) return ended(Verdict::bad);
        if (is_too_much(body, begin, body.size, {SIZE_MAX, limits.overhead_bytes, SIZE_MAX}))
            return ended(Verdict::bad);
        if (!is_whole) return body;
        if (line.size == 0) {
            const auto [verdict, end] = read_trailer(text, body.size);
            const auto trailer = text.substr(body.size, end - body.size);
            std::size_t counted = static_cast<std::size_t>(
                std::count_if(trailer.begin(), trailer.end(), [](char c) { return c != '\n'; }));
            // The CR of the empty line at its end belongs to none of them.
            const auto last = trailer.substr(trailer.rfind('\n', trailer.size() - 2) + 1);
            if (last == line_end || last == "\r") --counted;
            body.size = end;
            if (verdict == Verdict::bad || counted > limits.trailer_bytes ||
                is_too_much(body, 0, end, {SIZE_MAX, limits.overhead_bytes, SIZE_MAX}))
                return ended(Verdict::bad);
            return ended(verdict);
        }
        const auto data = text.substr(body.size, line.size);
        body.data += data;
        body.size += data.size();
        if (data.size() < line.size) return body;
        for (const char c : line_end) {
            if (body.size == text.size()) return body;
            if (text[body.size] != c) return ended(Verdict::bad);
            ++body.size;
            if (is_too_much(body, 0, body.size, {SIZE_MAX, limits.overhead_bytes, SIZE_MAX}))
                return ended(Verdict::bad);
        }
    }
}

std::vector<ReferenceRequest> reference_requests(std::string_view sent, const HttpLimits& limits) {
    std::vector<ReferenceRequest> requests;
    for (;;) {
        while (sent.starts_with(line_end)) sent.remove_prefix(2);
        if (sent.empty() || sent == "\r") return requests;
        ReferenceRequest request{.head = reference_head(sent, limits)};
        const bool is_good = request.head.verdict == Verdict::good;
        if (is_good) sent.remove_prefix(request.head.size);
        if (is_good && request.head.chunked) {
            const ReferenceBody body = reference_chunked(sent);
            request.body = body.verdict;
            request.body_bytes = body.size;
            if (body.verdict == Verdict::good) sent.remove_prefix(body.size);
        } else if (is_good && request.head.length <= sent.size()) {
            request.body = Verdict::good;
            request.body_bytes = request.head.length;
            sent.remove_prefix(request.head.length);
        }
        const bool goes_on = request.body == Verdict::good;
        requests.push_back(std::move(request));
        if (!goes_on) return requests;
    }
}

std::string ReferenceReply::field(std::string_view name) const {
    for (const auto& [n, value] : fields)
        if (n == name) return value;
    return {};
}

std::optional<ReferenceReply> take_reply(std::string_view& text, bool to_head) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        constexpr std::string_view start = "HTTP/1.1 ";
        require(text.substr(0, start.size()) == start.substr(0, text.size()),
                "a reply begins with something else", text);
        return std::nullopt;
    }
    const std::string_view head = text.substr(0, end + 2);
    ReferenceReply reply;
    std::string_view rest = head;
    for (bool is_first = true; !rest.empty(); is_first = false) {
        const auto line = rest.substr(0, rest.find(line_end));
        rest.remove_prefix(line.size() + 2);
        require(std::all_of(line.begin(), line.end(), is_text), "a control byte in a reply", head);
        if (is_first) {
            require(line.size() >= 13 && line.starts_with("HTTP/1.1 ") && line[12] == ' ',
                    "a malformed status line", line);
            const auto status = number(line.substr(9, 3));
            require(status && *status >= 100 && *status <= 599, "a malformed status", line);
            reply.status = static_cast<unsigned>(*status);
            continue;
        }
        const auto colon = line.find(": ");
        require(colon != std::string_view::npos && is_token(line.substr(0, colon)),
                "a malformed field in a reply", line);
        const std::string name(line.substr(0, colon));
        require(reply.field(name).empty(), "a field twice in a reply", line);
        reply.fields.emplace_back(name, line.substr(colon + 2));
    }
    const bool never_has_body = reply.status < 200 || reply.status == 204 || reply.status == 304;
    const auto length = number(reply.field("Content-Length"));
    if (reply.status < 200 || reply.status == 204)
        require(!length, "Content-Length where RFC 9110 (8.6) forbids it", head);
    else
        require(length.has_value() || reply.status == 304, "a reply without Content-Length", head);
    require(reply.field("Transfer-Encoding").empty(), "a reply with Transfer-Encoding", head);
    const std::size_t size = to_head || never_has_body ? 0 : *length;
    if (text.size() - (end + 4) < size) return std::nullopt;
    reply.body = text.substr(end + 4, size);
    text.remove_prefix(end + 4 + size);
    return reply;
}

}  // namespace spillway::fuzz
