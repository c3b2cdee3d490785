#include "http/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace spillway::http {
namespace {

using Status = ChunkedDecoder::Status;

struct Decoded {
    std::string data;
    std::size_t consumed = 0;
    Status status = Status::more;
    bool operator==(const Decoded&) const = default;
};

/// Feeds `text` in pieces of at most `piece` bytes, the first of `first`.
Decoded decode(const std::string& text, std::size_t first = SIZE_MAX,
               std::size_t piece = SIZE_MAX) {
    ChunkedDecoder decoder;
    Decoded out;
    std::size_t end = std::min(first, text.size());
    while (out.status == Status::more) {
        const auto step = decoder.next({text.data() + out.consumed, end - out.consumed});
        out.consumed += step.consumed;
        out.data.append(step.data.begin(), step.data.end());
        out.status = step.status;
        if (out.consumed == end) {
            if (end == text.size()) break;
            end += std::min(piece, text.size() - end);
        }
    }
    return out;
}

void expect_same_in_pieces(const std::string& text) {
    const Decoded whole = decode(text);
    EXPECT_EQ(decode(text, 1, 1), whole) << text;
    for (std::size_t at = 1; at < text.size(); ++at) ASSERT_EQ(decode(text, at), whole) << at;
}

TEST(chunked_decoder, gives_the_data_wherever_the_input_is_cut) {
    const std::string text = "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n";
    EXPECT_EQ(decode(text), (Decoded{"abc0123456789", text.size(), Status::done}));
    expect_same_in_pieces(text);
}

TEST(chunked_decoder, an_empty_body_is_one_last_chunk) {
    EXPECT_EQ(decode("0\r\n\r\n"), (Decoded{"", 5, Status::done}));
    EXPECT_EQ(decode("000;a\r\n\r\n").status, Status::done);
}

TEST(chunked_decoder, leaves_what_follows_alone) {
    EXPECT_EQ(decode("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), (Decoded{"a", 11, Status::done}));
    expect_same_in_pieces("1\r\na\r\n0\r\n\r\nGET");
}

TEST(chunked_decoder, sizes_are_hex_in_any_case_with_any_zeros) {
    EXPECT_EQ(decode("0000000000000000000a\r\n0123456789\r\n0\r\n\r\n").data, "0123456789");
    EXPECT_EQ(decode("A\r\n0123456789\r\n0\r\n\r\n").data, "0123456789");
}

TEST(chunked_decoder, drops_extensions_and_trailers) {
    for (const std::string text :
         {"1;a\r\nx\r\n0\r\n\r\n", "1 ; a = b ; c\r\nx\r\n0;last\r\n\r\n",
          "1;a=\"\\\"\\\\;\";b\r\nx\r\n0\r\nX:\r\n\r\n", "1;a=b;c=\"d e\"\r\nx\r\n0\r\n\r\n",
          "1 ;a\r\nx\r\n0\r\n\r\n", "1\t;a\r\nx\r\n0\r\n\r\n",
          "1\r\nx\r\n0\r\nContent-Length: 5\r\nX: y\r\n\r\n"}) {
        EXPECT_EQ(decode(text), (Decoded{"x", text.size(), Status::done})) << text;
        expect_same_in_pieces(text);
    }
}

TEST(chunked_decoder, refuses_what_is_in_doubt) {
    const std::string nul(1, '\0');
    for (const std::string& text : {std::string("\r\n"),
                                    std::string(" 1\r\nx\r\n"),
                                    std::string("1 \r\nx\r\n"),
                                    std::string("1\nx\r\n"),
                                    std::string("1\r\nx\n"),
                                    std::string("1\r\nxy\r\n"),
                                    std::string("1\r\nx0\r\n\r\n"),
                                    std::string("g\r\n"),
                                    std::string("0x1\r\nx\r\n"),
                                    std::string("-1\r\n"),
                                    std::string("+1\r\nx\r\n"),
                                    std::string("1\rx"),
                                    std::string("1;a\nb\r\n"),
                                    std::string("1;a\rb"),
                                    std::string("1;\r\nx\r\n"),
                                    std::string("1;a=\r\nx\r\n"),
                                    std::string("1;a \r\nx\r\n"),
                                    std::string("1;a=b c\r\nx\r\n"),
                                    std::string("1;a b\r\nx\r\n"),
                                    std::string("1;a=b=c\r\nx\r\n"),
                                    std::string("1;a(=b\r\nx\r\n"),
                                    std::string("1;a=\"b\"c\r\nx\r\n"),
                                    std::string("1;a=\"b\r\nx\"\r\n"),
                                    std::string("1;a=\"b\\\r\nx\"\r\n"),
                                    std::string("0\r\nX y\r\n\r\n"),
                                    std::string("0\r\nX\r\n\r\n"),
                                    std::string("0\r\n: y\r\n\r\n"),
                                    std::string("0\r\nX : y\r\n\r\n"),
                                    std::string("0\r\nX: y\r\n z\r\n\r\n"),
                                    "1;" + nul + "\r\n",
                                    std::string("0\r\n\n"),
                                    std::string("0\r\nX: y\n\r\n"),
                                    std::string("0\r\nX: \x01\r\n"),
                                    std::string("0\r\n\rX"),
                                    std::string("1\r\nx\r\n\r\n"),
                                    std::string(";\r\n")}) {
        EXPECT_EQ(decode(text).status, Status::malformed) << text;
        expect_same_in_pieces(text);
    }
}

TEST(chunked_decoder, a_malformed_byte_is_final) {
    ChunkedDecoder decoder;
    const std::string bad = "x";
    EXPECT_EQ(decoder.next(bad).status, Status::malformed);
    const std::string good = "0\r\n\r\n";
    const auto step = decoder.next(good);
    EXPECT_EQ(step.status, Status::malformed);
    EXPECT_EQ(step.consumed, 0U);
}

TEST(chunked_decoder, done_is_final) {
    ChunkedDecoder decoder;
    const std::string text = "0\r\n\r\n";
    EXPECT_EQ(decoder.next(text).status, Status::done);
    EXPECT_EQ(decoder.next(text).consumed, 0U);
    EXPECT_EQ(decoder.next(text).status, Status::done);
}

TEST(chunked_decoder, refuses_sizes_beyond_64_bits) {
    EXPECT_EQ(decode("ffffffffffffffff\r\nab"), (Decoded{"ab", 20, Status::more}));
    EXPECT_EQ(decode("10000000000000000\r\n").status, Status::malformed);
    EXPECT_EQ(decode("fffffffffffffffff\r\n").status, Status::malformed);
}

TEST(chunked_decoder, bounds_the_line_of_a_chunk) {
    const auto line = [](std::size_t bytes) { return "1;" + std::string(bytes - 2, 'a'); };
    EXPECT_EQ(decode(line(256) + "\r\nx\r\n0\r\n\r\n").status,
              Status::malformed);  // 256 and the CR
    EXPECT_EQ(decode(line(255) + "\r\nx\r\n0\r\n\r\n").status, Status::done);
    EXPECT_EQ(decode(std::string(257, '0')).status, Status::malformed);
    EXPECT_EQ(decode("1" + std::string(300, ' ')).status, Status::malformed);
    EXPECT_LE(decode("1;" + std::string(100000, 'a')).consumed, 257U);
}

TEST(chunked_decoder, bounds_the_trailer) {
    const auto trailer = [](std::size_t fields) {
        std::string text = "0\r\n";
        for (std::size_t i = 0; i < fields; ++i) text += "abcd: efgh\r\n";
        return text + "\r\n";
    };
    EXPECT_EQ(decode(trailer(700)).status, Status::done);
    EXPECT_EQ(decode(trailer(1000)).status, Status::malformed);
}

TEST(chunked_decoder, does_not_follow_endless_tiny_chunks) {
    std::string tiny;
    for (int i = 0; i < 100'000; ++i) tiny += "1\r\nx\r\n";
    const Decoded out = decode(tiny);
    EXPECT_EQ(out.status, Status::malformed);
    EXPECT_LT(out.data.size(), 20'000U);
    // Small ones that carry their weight are fine.
    std::string small;
    for (int i = 0; i < 20'000; ++i) small += "40\r\n" + std::string(64, 'x') + "\r\n";
    EXPECT_EQ(decode(small + "0\r\n\r\n").status, Status::done);
}

}  // namespace
}  // namespace spillway::http
