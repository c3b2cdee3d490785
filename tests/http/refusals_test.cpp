#include "http/refusals.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/problem.hpp"

namespace spillway::http {
namespace {

using namespace std::chrono_literals;
using core::RejectReason;

constexpr core::TimePoint start{core::Duration{1h}};

std::string value_of(std::string_view head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string_view::npos) return "";
    const auto begin = at + name.size() + 4;
    return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

struct Wave {
    RefusalBook book{2};
    DateText date;
    const PreparedRefusal& next(core::TimePoint now, core::Duration backlog,
                                RejectReason reason = RejectReason::queue_full,
                                unsigned status = 503, std::size_t limiter = 0) {
        return book.next(now, date, limiter, reason, status, [backlog] { return backlog; });
    }
};

TEST(refusals, tell_the_same_number_in_the_header_and_the_body) {
    Wave wave;
    for (int i = 0; i < 40; ++i) {
        const auto& reply = wave.next(start, 7s);
        const std::string seconds = value_of(reply.head(), "Retry-After");
        EXPECT_NE(reply.body().find("\"retry_after_seconds\":" + seconds + "}"), std::string::npos);
    }
}

TEST(refusals, have_the_length_they_claim) {
    Wave wave;
    for (std::size_t r = 0; r < core::reject_reason_count; ++r) {
        const auto& reply = wave.next(start, 3600s, static_cast<RejectReason>(r));
        EXPECT_EQ(value_of(reply.head(), "Content-Length"), std::to_string(reply.body().size()));
        EXPECT_EQ(value_of(reply.head(), "Content-Type"), "application/problem+json");
        EXPECT_EQ(reply.head().substr(reply.head().size() - 2), "\r\n");
        EXPECT_FALSE(refusal_detail(static_cast<RejectReason>(r)).empty());
    }
}

TEST(refusals, carry_status_and_reason) {
    Wave wave;
    const auto& reply = wave.next(start, 1s, RejectReason::wait_timeout, 429);
    EXPECT_EQ(reply.head().substr(0, 32), "HTTP/1.1 429 Too Many Requests\r\n");
    EXPECT_NE(reply.body().find("\"status\":429"), std::string::npos);
    EXPECT_NE(reply.body().find("\"reason\":\"wait_timeout\""), std::string::npos);
}

TEST(refusals, of_a_wave_are_spread_and_never_before_the_backlog_has_drained) {
    for (const core::Duration backlog : {0ms, 10ms, 500ms, 1500ms, 10000ms, 100000ms}) {
        Wave wave;
        std::set<int> seconds;
        for (int i = 0; i < 16; ++i) {
            const int s = std::stoi(value_of(wave.next(start, backlog).head(), "Retry-After"));
            EXPECT_GE(std::chrono::seconds(s), backlog);
            EXPECT_GE(s, 1);
            EXPECT_LE(std::chrono::seconds(s), 2 * backlog + 2s);
            seconds.insert(s);
        }
        EXPECT_GE(seconds.size(), 2U) << backlog.count();
    }
}

TEST(refusals, are_rewritten_when_their_turn_comes_and_the_backlog_has_moved) {
    Wave wave;
    for (int i = 0; i < 16; ++i) static_cast<void>(wave.next(start, 1s));
    for (int i = 0; i < 16; ++i)
        EXPECT_LE(std::stoi(value_of(wave.next(start + 1ms, 50s).head(), "Retry-After")), 2)
            << "still the prepared ones";
    for (int i = 0; i < 16; ++i)
        EXPECT_GE(std::stoi(value_of(wave.next(start + 100ms, 50s).head(), "Retry-After")), 50);
}

TEST(refusals, of_limiters_and_reasons_do_not_mix) {
    Wave wave;
    static_cast<void>(wave.next(start, 1s));
    EXPECT_NE(wave.next(start, 1s, RejectReason::draining).body().find("draining"),
              std::string::npos);
    const auto& other = wave.next(start, 90s, RejectReason::queue_full, 429, 1);
    EXPECT_EQ(other.head().substr(9, 3), "429");
    EXPECT_GE(std::stoi(value_of(other.head(), "Retry-After")), 90);
}

TEST(problem, is_json_whatever_the_detail) {
    EXPECT_EQ(problem_json(400, "say \"a\\b\"\n\x01", ",\"x\":1"),
              "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
              "\"detail\":\"say \\\"a\\\\b\\\"\\u000a\\u0001\",\"x\":1}\n");
}

}  // namespace
}  // namespace spillway::http
