#include "generator/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spillway::loadtest {
namespace {

using Status = ResponseReader::Status;

const std::string refusal =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    "Content-Length: 47\r\nRetry-After: 7\r\n\r\n"
    R"({"status":503, "reason" : "queue_full", "x": 1})";

/// Hands `text` over in pieces of `step` bytes, as a connection does.
Status feed_in_steps(ResponseReader& reader, const std::string& text, std::size_t step,
                     std::size_t* left = nullptr) {
    std::string buffer;
    Status status = Status::need_more;
    std::size_t given = 0;
    while (given < text.size() && status == Status::need_more) {
        const auto n = std::min(step, text.size() - given);
        buffer += text.substr(given, n);
        given += n;
        std::size_t consumed = 0;
        status = reader.feed(buffer.data(), buffer.size(), consumed);
        buffer.erase(0, consumed);
    }
    if (left != nullptr) *left = buffer.size() + text.size() - given;
    return status;
}

TEST(ResponseReader, finds_the_reason_of_a_refusal_however_the_bytes_are_split) {
    for (std::size_t step = 1; step <= refusal.size(); ++step) {
        ResponseReader reader(false);
        ASSERT_EQ(feed_in_steps(reader, refusal, step), Status::complete) << step;
        ASSERT_EQ(reader.status(), 503u);
        ASSERT_EQ(reader.reason(), "queue_full");
        ASSERT_EQ(reader.retry_after_s(), 7u);
        ASSERT_TRUE(reader.keeps_alive());
    }
}

TEST(ResponseReader, reads_a_chunked_body_to_its_end_however_the_bytes_are_split) {
    const std::string text =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        ResponseReader reader(false);
        ASSERT_EQ(feed_in_steps(reader, text, step), Status::complete) << step;
        ASSERT_EQ(reader.status(), 200u);
        ASSERT_EQ(reader.reason(), "");
    }
}

TEST(ResponseReader, leaves_what_comes_after_the_response) {
    ResponseReader reader(false);
    std::size_t left = 0;
    EXPECT_EQ(feed_in_steps(reader, refusal + "HTTP/1.1 ", refusal.size() + 9, &left),
              Status::complete);
    EXPECT_EQ(left, 9u);
}

TEST(ResponseReader, knows_how_much_of_a_long_body_is_to_come) {
    ResponseReader reader(false);
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    EXPECT_EQ(reader.body_left(), 0u);
    EXPECT_EQ(feed_in_steps(reader, head + "12345", 1000), Status::need_more);
    EXPECT_EQ(reader.body_left(), 995u);
}

TEST(ResponseReader, a_body_may_end_with_the_connection) {
    ResponseReader reader(false);
    EXPECT_EQ(feed_in_steps(reader, "HTTP/1.0 200 OK\r\n\r\nhello", 100), Status::need_more);
    EXPECT_EQ(reader.feed_end(), Status::complete);
    EXPECT_FALSE(reader.keeps_alive());
}

TEST(ResponseReader, a_connection_that_ends_earlier_than_the_body_breaks_the_response) {
    ResponseReader reader(false);
    EXPECT_EQ(feed_in_steps(reader, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 100),
              Status::need_more);
    EXPECT_EQ(reader.feed_end(), Status::malformed);
}

TEST(ResponseReader, the_answer_to_head_has_no_body) {
    ResponseReader reader(true);
    EXPECT_EQ(feed_in_steps(reader, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 100),
              Status::complete);
}

TEST(ResponseReader, what_is_no_response_is_malformed) {
    for (const auto* text : {"hello\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        ResponseReader reader(false);
        EXPECT_EQ(feed_in_steps(reader, text, 100), Status::malformed) << text;
    }
}

TEST(ReasonIn, finds_the_member_or_nothing) {
    EXPECT_EQ(reason_in(R"({"reason":"shed"})"), "shed");
    EXPECT_EQ(reason_in(R"({"reason" :  "shed"})"), "shed");
    EXPECT_EQ(reason_in(R"({"reasons":"shed"})"), "");
    EXPECT_EQ(reason_in(R"({"reason":3})"), "");
    EXPECT_EQ(reason_in(R"({"reason":"a\"b"})"), "");
    EXPECT_EQ(reason_in(R"({"reason":"cut)"), "");
    EXPECT_EQ(reason_in(""), "");
}

}  // namespace
}  // namespace spillway::loadtest
