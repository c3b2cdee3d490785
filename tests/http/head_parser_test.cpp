#include "http/head_parser.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace spillway::http {
namespace {

constexpr std::size_t header_max = 16 * 1024;
constexpr std::size_t target_max = 8 * 1024;

/// What a parser made of a header, as a value: compared between the ways of feeding it.
struct Parsed {
    HeadParser::Result result{};
    unsigned status = 0;  // of a refusal
    std::string path, query, request_id, timeout;
    std::optional<std::uint32_t> wait;
    std::vector<std::pair<std::string, std::string>> fields;
    Method method{};
    bool keep_alive = false, chunked = false, expects = false, is_1_1 = false, is_https = false;
    std::uint64_t length = 0;
    std::size_t size = 0;

    bool operator==(const Parsed&) const = default;
};

Parsed result_of(const HeadParser& parser, HeadParser::Result result) {
    Parsed p;
    p.result = result;
    if (result == HeadParser::Result::refused) p.status = parser.error().status;
    if (result != HeadParser::Result::complete) return p;
    p.path = parser.path();
    p.query = parser.query();
    p.request_id = parser.request_id();
    p.timeout = parser.request_timeout();
    p.wait = parser.preferred_wait();
    for (std::size_t i = 0; i < parser.field_count(); ++i)
        p.fields.emplace_back(parser.field(i).name, parser.field(i).value);
    p.method = parser.method();
    p.keep_alive = parser.keep_alive();
    p.chunked = parser.is_chunked();
    p.expects = parser.expects_continue();
    p.is_1_1 = parser.is_http_1_1();
    p.is_https = parser.is_https();
    p.length = parser.content_length();
    p.size = parser.size();
    return p;
}

/// The header arrives in pieces that end at `stops`; parsing ends when the parser has made up its
/// mind, as on a connection.
Parsed parse_in_pieces(const std::string& text, const std::vector<std::size_t>& stops) {
    // A block of its very own, so that a read past what has arrived is seen by the sanitizers.
    const auto block = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), block.get());
    HeadParser parser(block.get(), header_max, target_max);
    auto result = HeadParser::Result::need_more;
    for (const std::size_t stop : stops) {
        result = parser.parse(stop);
        if (result != HeadParser::Result::need_more) break;
    }
    return result_of(parser, result);
}

Parsed parse(const std::string& text) { return parse_in_pieces(text, {text.size()}); }

Parsed parse_byte_by_byte(const std::string& text) {
    std::vector<std::size_t> stops;
    for (std::size_t i = 1; i <= text.size(); ++i) stops.push_back(i);
    return parse_in_pieces(text, stops);
}

std::string get(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }

unsigned status_of(const std::string& text) {
    const Parsed parsed = parse(text);
    return parsed.result == HeadParser::Result::complete ? 200U : parsed.status;
}

struct Case {
    std::string what;
    std::string text;
    unsigned status;  // 200: complete
};

std::vector<Case> cases() {
    const std::string te = "Transfer-Encoding: ";
    const std::string cl = "Content-Length: ";
    const std::string nul(1, '\0');
    std::vector<Case> all{
        {"plain", get(""), 200},
        {"a body", get(cl + "5\r\n"), 200},
        {"chunked", get(te + "chunked\r\n"), 200},
        {"chunked in any case", get(te + "ChUnKeD\r\n"), 200},
        {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200},
        {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 200},
        {"obs-text in a value", get("X: \xe9\r\n"), 200},
        {"tab in a value", get("X: a\tb\r\n"), 200},
        {"no space after the colon", get("X:a\r\n"), 200},
        {"empty value", get("X: \r\n"), 200},
        // framing
        {"CL then TE", get(cl + "5\r\n" + te + "chunked\r\n"), 400},
        {"TE then CL", get(te + "chunked\r\n" + cl + "5\r\n"), 400},
        {"CL 0 then TE", get(cl + "0\r\n" + te + "chunked\r\n"), 400},
        {"TE twice", get(te + "chunked\r\n" + te + "chunked\r\n"), 400},
        {"TE gzip, chunked", get(te + "gzip, chunked\r\n"), 501},
        {"TE chunked, gzip", get(te + "chunked, gzip\r\n"), 400},
        {"TE chunked, chunked", get(te + "chunked, chunked\r\n"), 400},
        {"TE with a parameter", get(te + "chunked;q=1\r\n"), 400},
        {"TE with an empty element", get(te + ",chunked\r\n"), 400},
        {"TE with a trailing comma", get(te + "chunked,\r\n"), 400},
        {"TE quoted", get(te + "\"chunked\"\r\n"), 400},
        {"TE gzip", get(te + "gzip\r\n"), 501},
        {"TE identity", get(te + "identity\r\n"), 501},
        {"TE xchunked", get(te + "xchunked\r\n"), 501},
        {"TE gzip beside CL", get(te + "gzip\r\n" + cl + "5\r\n"), 501},
        {"TE empty", get(te + "\r\n"), 400},
        {"TE with a vertical tab", get(te + "\vchunked\r\n"), 400},
        {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\n" + te + "chunked\r\n\r\n", 400},
        {"equal CLs", get(cl + "5\r\n" + cl + "5\r\n"), 400},
        {"different CLs", get(cl + "5\r\n" + cl + "6\r\n"), 400},
        {"CL list", get(cl + "5, 5\r\n"), 400},
        {"CL negative", get(cl + "-1\r\n"), 400},
        {"CL with a sign", get(cl + "+5\r\n"), 400},
        {"CL hex", get(cl + "0x5\r\n"), 400},
        {"CL with a blank inside", get(cl + "5 5\r\n"), 400},
        {"CL empty", get(cl + "\r\n"), 400},
        {"CL overflow", get(cl + "18446744073709551616\r\n"), 400},
        // field lines
        {"fold", get("X: a\r\n b\r\n"), 400},
        {"fold with tab", get("X: a\r\n\tb\r\n"), 400},
        {"fold into an empty value", get("X:\r\n b\r\n"), 400},
        {"fold into nothing", get("X:\r\n \r\n"), 400},
        {"fold behind a value", get("X: a\r\n \r\n"), 400},
        {"folded Transfer-Encoding", get("Transfer-Encoding:\r\n chunked\r\n"), 400},
        {"folded Content-Length", get("Content-Length:\r\n 5\r\n"), 400},
        {"fold before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        {"space before the colon", get("X : a\r\n"), 400},
        {"tab before the colon", get("X\t: a\r\n"), 400},
        {"space before CL's colon", get("Content-Length : 5\r\n"), 400},
        {"empty name", get(": a\r\n"), 400},
        {"no colon", get("X\r\n"), 400},
        {"no token", get("X(y): a\r\n"), 400},
        {"non-ASCII name", get("\xc3\xa9: a\r\n"), 400},
        {"NUL in a name", get("X" + nul + "Y: a\r\n"), 400},
        {"NUL in a value", get("X: a" + nul + "b\r\n"), 400},
        {"DEL in a value", get("X: a\x7f\r\n"), 400},
        {"escape in a value", get("X: a\x1b[0m\r\n"), 400},
        {"bare LF behind a field", get("X: a\nY: b\r\n"), 400},
        {"bare CR in a value", get("X: a\rb\r\n"), 400},
        {"bare CR behind a field", get("X: a\rY: b\r\n"), 400},
        {"bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
        {"CR CR LF", get("X: a\r\r\n"), 400},
        {"CR without LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n", 400},
        // Host
        {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"two Hosts", get("Host: a\r\n"), 400},
        {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"bad Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"Host list", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 200},  // a comma is a sub-delim
        {"Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
        // request line
        {"absolute form", line("GET http://b/x HTTP/1.1"), 200},
        {"absolute form, no path", line("GET http://b HTTP/1.1"), 200},
        {"authority form", line("CONNECT b:443 HTTP/1.1"), 501},
        {"OPTIONS *", line("OPTIONS * HTTP/1.1"), 200},
        {"GET *", line("GET * HTTP/1.1"), 400},
        {"fragment", line("GET /a#b HTTP/1.1"), 400},
        {"raw non-ASCII", line("GET /\xc3\xa9 HTTP/1.1"), 400},
        {"escapes", line("GET /%c3%A9?%20 HTTP/1.1"), 200},
        {"cut escape", line("GET /%c HTTP/1.1"), 400},
        {"no escape", line("GET /%zz HTTP/1.1"), 400},
        {"relative target", line("GET a HTTP/1.1"), 400},
        {"no target", line("GET HTTP/1.1"), 400},
        {"two spaces", line("GET  / HTTP/1.1"), 400},
        {"two spaces before the version", line("GET /  HTTP/1.1"), 400},
        {"space behind the version", line("GET / HTTP/1.1 "), 400},
        {"tab as a separator", line("GET\t/ HTTP/1.1"), 400},
        {"leading space", line(" GET / HTTP/1.1"), 400},
        {"NUL in the target", line("GET /" + nul + " HTTP/1.1"), 400},
        {"lower-case method", line("get / HTTP/1.1"), 501},
        {"unknown method", line("BREW / HTTP/1.1"), 501},
        {"TRACE", line("TRACE / HTTP/1.1"), 501},
        {"no token as method", line("G(T / HTTP/1.1"), 400},
        {"empty method", line(" / HTTP/1.1"), 400},
        {"version 0.9", line("GET / HTTP/0.9"), 505},
        {"version 1.2", line("GET / HTTP/1.2"), 200},
        {"version 1.9", line("GET http://b/HTTP/1.2 HTTP/1.9"), 200},
        {"version 1.9 without Host", "GET / HTTP/1.9\r\n\r\n", 400},
        {"version 1.3 and a space", line("GET / HTTP/1.3 "), 400},
        {"version 1.20", line("GET / HTTP/1.20"), 400},
        {"version 1.2, bare CR", "GET / HTTP/1.2\rHost: a\r\n\r\n", 400},
        {"version 1.1, bare CR", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
        {"version 3.1", line("GET / HTTP/3.1"), 505},
        {"version 2.0", line("GET / HTTP/2.0"), 505},
        {"version 2", line("GET / HTTP/2"), 400},
        {"version 1.10", line("GET / HTTP/1.10"), 400},
        {"version 1.x", line("GET / HTTP/1.x"), 400},
        {"version x.y", line("GET / HTTP/x.y"), 400},
        {"lower-case http", line("GET / http/1.1"), 400},
        {"HTTP/0.9's simple request", "GET /\r\n\r\n", 400},
        {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"the hello of TLS", "\x16\x03\x01\x02" + nul + nul, 400},
        // Expect
        {"Expect", get(cl + "1\r\nExpect: 100-Continue\r\n"), 200},
        {"another Expect", get("Expect: 200-ok\r\n"), 417},
        {"Expect list", get("Expect: 100-continue, x\r\n"), 417},
        {"Expect list of the same", get("Expect: 100-continue, 100-CONTINUE\r\n"), 200},
        {"Expect list with gaps", get("Expect: ,\t100-continue ,,\r\n"), 200},
        {"Expect of nothing", get("Expect:\r\n"), 200},
        {"Expect of gaps", get("Expect: , ,\r\n"), 200},
        {"two Expects", get("Expect: 100-continue\r\nExpect: x\r\n"), 417},
        {"Expect quoted", get("Expect: \"100-continue\"\r\n"), 417},
        {"Expect with a value", get("Expect: 100-continue=1\r\n"), 417},
        // Connection
        {"Connection close", get("Connection: close\r\n"), 200},
        {"Connection with no token", get("Connection: a b\r\n"), 400},
    };
    return all;
}

TEST(head_parser, says_what_each_of_these_headers_deserves) {
    for (const auto& c : cases()) EXPECT_EQ(status_of(c.text), c.status) << c.what;
}

TEST(head_parser, makes_the_same_of_a_header_however_it_is_cut) {
    for (const auto& c : cases()) {
        const Parsed whole = parse(c.text);
        EXPECT_EQ(parse_byte_by_byte(c.text), whole) << c.what;
        for (std::size_t at = 1; at < c.text.size(); ++at)
            ASSERT_EQ(parse_in_pieces(c.text, {at, c.text.size()}), whole)
                << c.what << " at " << at;
    }
}

TEST(head_parser, does_not_wait_for_the_end_of_a_header_whose_lines_end_without_a_carriage_return) {
    for (const std::string text : {"GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n",
                                   "GET / HTTP/1.1\r\nHost: a\r\n\n", "\n"}) {
        EXPECT_EQ(status_of(text), 400) << text;
        EXPECT_EQ(parse_byte_by_byte(text), parse(text)) << text;
    }
}

TEST(head_parser, does_not_wait_for_more_of_a_request_line_when_the_header_has_ended) {
    for (const std::string text :
         {"GET / 1\r\n\r\n", "GET / \r\n\r\n", "GET / HTTP\r\nA: b\r\n\r\n"}) {
        EXPECT_EQ(status_of(text), 400) << text;
        EXPECT_EQ(parse_byte_by_byte(text), parse(text)) << text;
    }
}

TEST(head_parser, leaves_what_follows_the_header_alone) {
    const std::string first = get("X-Request-Id: one\r\n");
    const Parsed alone = parse(first);
    EXPECT_EQ(parse(first + get("") + "anything"), alone);
    EXPECT_EQ(alone.size, first.size());
    // A body of any kind behind it, too.
    const std::string post = get("Content-Length: 3\r\n");
    EXPECT_EQ(parse(post + "abc"), parse(post));
    const std::string chunked = get("Transfer-Encoding: chunked\r\n");
    EXPECT_EQ(parse(chunked + "3\r\nabc\r\n0\r\n\r\n"), parse(chunked));
}

TEST(head_parser, keeps_fields_in_order_and_without_the_blanks_around_values) {
    const Parsed p = parse(get("X-A: 1\r\nx-a:\t two \t\r\nEmpty:\r\n"));
    const std::vector<std::pair<std::string, std::string>> expected{
        {"Host", "a"}, {"X-A", "1"}, {"x-a", "two"}, {"Empty", ""}};
    EXPECT_EQ(p.fields, expected);
}

TEST(head_parser, finds_the_first_field_of_a_name_in_any_case) {
    std::string text = get("X-A: 1\r\nx-a: 2\r\n");
    HeadParser parser(text.data(), header_max, target_max);
    ASSERT_EQ(parser.parse(text.size()), HeadParser::Result::complete);
    EXPECT_EQ(parser.find("x-A"), "1");
    EXPECT_EQ(parser.find("x-b"), "");
}

TEST(head_parser, notes_the_fields_that_decide_something) {
    const Parsed p =
        parse(get("x-request-id: r\r\nREQUEST-TIMEOUT: 1.5\r\nPrefer: wait=2\r\nPrefer: x\r\n"
                  "X-Request-Id: s\r\nRequest-Timeout: 9\r\n"));
    EXPECT_EQ(p.request_id, "r");
    EXPECT_EQ(p.timeout, "1.5");
    EXPECT_EQ(p.wait, 2U);
}

TEST(head_parser, reads_a_newer_minor_version_as_1_1) {
    const Parsed p = parse(line("GET https://a/x?y HTTP/1.7"));
    EXPECT_EQ(p, parse(line("GET https://a/x?y HTTP/1.1")));
    EXPECT_TRUE(p.is_1_1);
    EXPECT_TRUE(p.keep_alive);
}

TEST(head_parser, tells_https_from_http) {
    EXPECT_TRUE(parse(line("GET https://a HTTP/1.1")).is_https);
    EXPECT_TRUE(parse(line("GET HTTPS://a/ HTTP/1.0")).is_https);
    EXPECT_FALSE(parse(line("GET http://a/https://b HTTP/1.1")).is_https);
    EXPECT_FALSE(parse(line("GET /https://a HTTP/1.1")).is_https);
    EXPECT_FALSE(parse(line("OPTIONS * HTTP/1.1")).is_https);
}

TEST(head_parser, keeps_the_connection_as_version_and_field_say) {
    EXPECT_TRUE(parse(get("")).keep_alive);
    EXPECT_FALSE(parse(get("Connection: x, CLOSE\r\n")).keep_alive);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").keep_alive);
    EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
    EXPECT_FALSE(parse(get("Connection: keep-alive\r\nConnection: close\r\n")).keep_alive);
    // What a proxy was told, and has passed on, does not concern us (RFC 9112, C.2.2).
    EXPECT_TRUE(parse(get("Proxy-Connection: close\r\n")).keep_alive);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n").keep_alive);
}

TEST(head_parser, expects_100_only_where_a_body_follows_in_1_1) {
    EXPECT_TRUE(parse(get("Content-Length: 1\r\nExpect: 100-continue\r\n")).expects);
    EXPECT_TRUE(parse(get("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")).expects);
    EXPECT_FALSE(parse(get("Content-Length: 0\r\nExpect: 100-continue\r\n")).expects);
    EXPECT_FALSE(parse(get("Expect: 100-continue\r\n")).expects);
    EXPECT_TRUE(parse(get("Content-Length: 1\r\nExpect: ,100-Continue,\r\n")).expects);
    EXPECT_FALSE(parse(get("Content-Length: 1\r\nExpect: ,\r\n")).expects);
    EXPECT_FALSE(
        parse("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n").expects);
}

// --- bounds -------------------------------------------------------------------------------------

std::string with_fields(std::size_t count) {
    std::string fields;
    for (std::size_t i = 1; i < count; ++i) fields += "X: y\r\n";
    return get(fields);  // and Host
}

TEST(head_parser, takes_100_fields_and_no_more) {
    EXPECT_EQ(status_of(with_fields(100)), 200U);
    EXPECT_EQ(status_of(with_fields(101)), 431U);
    EXPECT_EQ(parse_byte_by_byte(with_fields(101)).status, 431U);
}

std::string of_size(std::size_t bytes) {
    const std::string empty = get("X: \r\n");
    return get("X: " + std::string(bytes - empty.size(), 'x') + "\r\n");
}

TEST(head_parser, takes_a_header_up_to_the_limit_and_no_longer) {
    EXPECT_EQ(status_of(of_size(header_max)), 200U);
    EXPECT_EQ(status_of(of_size(header_max) + "the body"), 200U);
    EXPECT_EQ(status_of(of_size(header_max + 1)), 431U);
    EXPECT_EQ(status_of(of_size(header_max + 4000)), 431U);
}

TEST(head_parser, finds_the_limit_of_a_header_that_comes_in_pieces) {
    EXPECT_EQ(parse_byte_by_byte(of_size(header_max)), parse(of_size(header_max)));
    EXPECT_EQ(parse_byte_by_byte(of_size(header_max + 1)).status, 431U);
    for (const std::size_t first : {3, 10, 16, 17, 100, 9000})
        for (const std::size_t size : {header_max, header_max + 1})
            EXPECT_EQ(parse_in_pieces(of_size(size), {first, 8000, 9000, 12000, size}),
                      parse(of_size(size)))
                << first << " of " << size;
}

TEST(head_parser, refuses_a_header_without_end_as_soon_as_it_is_too_long) {
    const std::string endless = get("").substr(0, 25) + "X: " + std::string(40000, 'x');
    const Parsed p = parse_in_pieces(endless, {1000, header_max - 1});
    EXPECT_EQ(p.result, HeadParser::Result::need_more);
    EXPECT_EQ(parse_in_pieces(endless, {1000, header_max}).status, 431U);
}

TEST(head_parser, takes_a_target_of_8000_octets) {
    // RFC 9112, section 3: at least that much.
    const std::string text = line("GET /" + std::string(7999, 'a') + " HTTP/1.1");
    EXPECT_EQ(status_of(text), 200U);
    EXPECT_EQ(parse_byte_by_byte(text), parse(text));
}

TEST(head_parser, takes_a_target_up_to_the_limit_and_no_longer) {
    const auto target = [](std::size_t bytes) {
        return line("OPTIONS /" + std::string(bytes - 1, 'a') + " HTTP/1.1");
    };
    EXPECT_EQ(status_of(target(target_max)), 200U);
    EXPECT_EQ(parse_byte_by_byte(target(target_max)).result, HeadParser::Result::complete);
    for (const std::size_t size : {target_max + 1, target_max + 100, header_max - 1, header_max,
                                   header_max + 1, header_max + 4000}) {
        EXPECT_EQ(status_of(target(size)), 414U) << size;
        EXPECT_EQ(parse_byte_by_byte(target(size)).status, 414U) << size;
        EXPECT_EQ(parse_in_pieces(target(size), {5, 4000, target(size).size()}).status, 414U)
            << size;
    }
}

TEST(head_parser, does_not_take_a_long_header_for_a_long_target) {
    // The first piece ends within the request line, and the parser has not seen that line whole
    // while the rest comes.
    const std::string text = of_size(12000);
    EXPECT_EQ(parse_in_pieces(text, {8, 9000, 10000, text.size()}), parse(text));
    EXPECT_EQ(parse_byte_by_byte(text), parse(text));
}

}  // namespace
}  // namespace spillway::http
