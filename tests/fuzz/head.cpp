// The parser of headers and the reader of bodies: whatever pieces a text comes in, they say the
// same of it, and what they say is what a reference says that has it whole.
//
// The input: which of the two and its limits, then the text. Of three parts between bytes 0xff the
// second one is repeated.
//
// fuzz: -dict=http.dict -max_len=4096

#include <algorithm>
#include <string>

#include "fuzz/input.hpp"
#include "fuzz/reference_http.hpp"
#include "fuzz/require.hpp"
#include "fuzz/revealed.hpp"
#include "http/body_reader.hpp"
#include "http/head_parser.hpp"

namespace spillway::fuzz {
namespace {

using http::BodyReader;
using http::ChunkedDecoder;
using http::HeadParser;
using Result = HeadParser::Result;

constexpr std::size_t text_bytes_max = 100'000;
constexpr std::size_t all_splits_max = 400;  // bytes of a text that is cut in two everywhere

std::string text_of(Input& in) {
    const std::size_t times = std::size_t{1} << in.below(14);
    constexpr char mark = '\xff';
    std::string text(in.until(mark));
    const auto middle = in.until(mark);
    for (std::size_t i = 0; i < times && text.size() + middle.size() < text_bytes_max; ++i)
        text += middle;
    return text += in.rest();
}

// --- headers ----------------------------------------------------------------------------------

/// As a session does it: the bytes come at `steps`, the last of which is all there are.
Result parse(HeadParser& parser, Revealed& text, const std::vector<std::size_t>& steps) {
    Result result = Result::need_more;
    for (const std::size_t bytes : steps) {
        text.reveal(bytes);
        result = parser.parse(bytes);
        if (result != Result::need_more) break;
    }
    return result;
}

void compare_fields(const HeadParser& parser, const ReferenceHead& head) {
    require(to_string(parser.method()) == head.method, "another method", head.method);
    require(parser.size() == head.size, "another end of the header");
    require(parser.is_http_1_1() == head.is_1_1, "another version");
    require(parser.is_https() == head.is_https, "another scheme", head.target);
    require(parser.preferred_wait() == head.wait_s, "another wait");
    require(parser.is_chunked() == head.chunked, "another framing");
    require(parser.content_length() == head.length, "another length");
    require(parser.keep_alive() == head.keep_alive, "another mind about keep-alive");
    require(parser.expects_continue() == head.expects_continue, "another expectation");
    std::string target(parser.path());
    if (!parser.query().empty()) target.append("?").append(parser.query());
    require(head.target.ends_with(target) || head.target.ends_with("?") || target.starts_with("/"),
            "another target", target);
    require(parser.field_count() == head.fields.size(), "another number of fields");
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        const auto field = parser.field(i);
        require(field.name == head.fields[i].first, "another name", field.name);
        require(field.value == head.fields[i].second, "another value", field.value);
    }
}

std::string_view name_of(Result result) {
    switch (result) {
        case Result::need_more:
            return "needs more";
        case Result::complete:
            return "is complete";
        case Result::refused:
            return "is refused";
    }
    return "";
}

void check_head(std::string_view text, const HttpLimits& limits) {
    if (text.empty()) return;
    const ReferenceHead expected = reference_head(text, limits);
    const auto check = [&](const std::vector<std::size_t>& steps) {
        Revealed bytes(text);  // afresh: the parser may change a version
        HeadParser parser(bytes.data(), limits.header_bytes, limits.target_bytes);
        const Result result = parse(parser, bytes, steps);
        const bool is_excused = result == Result::refused && expected.may_be_refused;
        switch (expected.verdict) {
            case Verdict::good:
                if (is_excused) break;
                require(result == Result::complete, "a good header", name_of(result));
                compare_fields(parser, expected);
                break;
            case Verdict::bad:
                // Before its end one need not see it.
                require(
                    result == Result::refused || (result == Result::need_more &&
                                                  text.find("\r\n\r\n") == std::string_view::npos),
                    "a bad header", expected.why);
                break;
            case Verdict::incomplete:
                require(result == Result::need_more || is_excused, "an incomplete header",
                        name_of(result));
                break;
        }
        if (result == Result::refused)
            require(parser.error().status >= 400 && parser.error().status <= 505 &&
                        parser.error().detail[0] != '\0',
                    "a refusal without a reason");
        return result;
    };
    const Result whole = check({text.size()});
    // How early a bad one is seen may depend on the pieces, that it is bad may not.
    const bool is_open = (expected.verdict == Verdict::bad || expected.may_be_refused) &&
                         text.find("\r\n\r\n") == std::string_view::npos;
    const auto demand = [&](Result result, std::string_view what) {
        require(is_open || result == whole, what, name_of(result));
    };
    std::vector<std::size_t> bytewise(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) bytewise[i] = i + 1;
    if (text.size() <= 4096) demand(check(bytewise), "byte by byte otherwise");
    for (std::size_t i = 1; i < std::min(text.size(), all_splits_max); ++i)
        demand(check({i, text.size()}), "in two pieces otherwise");
}

// --- bodies -----------------------------------------------------------------------------------

struct Read {
    std::string data;
    std::size_t consumed = 0;
    BodyReader::Status status = BodyReader::Status::more;
};

void read_piece(BodyReader& reader, std::string_view text, std::size_t end, Read& read) {
    while (read.consumed < end && read.status == BodyReader::Status::more) {
        const auto step = reader.next({text.data() + read.consumed, end - read.consumed});
        require(step.consumed > 0, "a reader that does not move");
        require(step.data.size() <= step.consumed, "more data than bytes");
        read.consumed += step.consumed;
        read.data.append(step.data.begin(), step.data.end());
        read.status = step.status;
    }
}

void check_body(std::string_view text, const BodyReader& fresh, const ReferenceBody& expected) {
    const auto check = [&](const Read& read) {
        using Status = BodyReader::Status;
        const Status status = expected.verdict == Verdict::good  ? Status::done
                              : expected.verdict == Verdict::bad ? Status::malformed
                                                                 : Status::more;
        require(read.status == status, "a body's end is seen otherwise");
        if (expected.verdict != Verdict::bad)
            require(read.data == expected.data, "a body of other bytes");
        if (expected.verdict == Verdict::good)
            require(read.consumed == expected.size, "a body with another end");
        if (expected.verdict == Verdict::incomplete)
            require(read.consumed == text.size(), "bytes of a body are left over");
    };
    const auto read_at = [&](const auto& ends) {
        BodyReader reader = fresh;
        Read read;
        if (reader.is_done()) read.status = BodyReader::Status::done;
        for (const std::size_t end : ends) read_piece(reader, text, end, read);
        require(reader.is_done() == (read.status == BodyReader::Status::done), "done and not done");
        check(read);
    };
    read_at(std::array{text.size()});
    std::vector<std::size_t> bytewise(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) bytewise[i] = i + 1;
    read_at(bytewise);
    for (std::size_t i = 1; i < std::min(text.size(), all_splits_max); ++i)
        read_at(std::array{i, text.size()});
}

}  // namespace
}  // namespace spillway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace spillway::fuzz;
    Input in(data, size);
    const std::uint8_t kind = in.byte();
    const HttpLimits limits{
        .header_bytes = in.pick(std::array<std::size_t, 4>{16 * 1024, 1024, 100, 50}),
        .target_bytes = in.pick(std::array<std::size_t, 3>{8 * 1024, 30, 5}),
        .fields = HeadParser::fields_max};
    const std::string text = text_of(in);
    switch (kind % 3) {
        case 0:
            check_head(text, limits);
            break;
        case 1:
            check_body(
                text, BodyReader::chunked(),
                reference_chunked(text, {.line_bytes = ChunkedDecoder::line_bytes_max,
                                         .overhead_bytes = ChunkedDecoder::overhead_max,
                                         .trailer_bytes = ChunkedDecoder::trailer_bytes_max}));
            break;
        default: {
            const std::size_t length = limits.target_bytes * limits.header_bytes / 1000;
            const ReferenceBody expected{
                .verdict = text.size() >= length ? Verdict::good : Verdict::incomplete,
                .size = std::min(text.size(), length),
                .data = text.substr(0, length)};
            check_body(text, BodyReader::sized(length), expected);
        }
    }
    return 0;
}
