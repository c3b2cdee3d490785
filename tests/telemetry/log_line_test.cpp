#include "telemetry/log_line.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "telemetry/escape.hpp"

namespace spillway::telemetry {
namespace {

using namespace std::chrono_literals;

std::string body(LogFormat format, std::string_view message, LogFields fields) {
    std::string out;
    append_body(out, format, message, fields);
    return out;
}

std::string line(LogFormat format, LogLevel level, std::chrono::system_clock::duration since_epoch,
                 std::string_view text) {
    std::string out;
    append_line(out, format, level, std::chrono::system_clock::time_point(since_epoch), text);
    return out;
}

TEST(LogLine, text_is_utc_time_in_milliseconds_then_level_then_message) {
    EXPECT_EQ(line(LogFormat::text, LogLevel::info, 0s, "up"),
              "1970-01-01T00:00:00.000Z info  up\n");
    EXPECT_EQ(line(LogFormat::text, LogLevel::error, 1767323045678ms, "no"),
              "2026-01-02T03:04:05.678Z error no\n");
}

TEST(LogLine, a_time_before_the_epoch_has_its_milliseconds_forward_too) {
    EXPECT_EQ(line(LogFormat::text, LogLevel::info, -1ms, "x"),
              "1969-12-31T23:59:59.999Z info  x\n");
}

TEST(LogLine, json_is_one_object_in_one_line) {
    EXPECT_EQ(line(LogFormat::json, LogLevel::warn, 1ms, R"("msg":"up")"),
              "{\"ts\":\"1970-01-01T00:00:00.001Z\",\"level\":\"warn\",\"msg\":\"up\"}\n");
}

TEST(LogLine, fields_keep_their_types) {
    const std::string host = "h";
    const LogFields fields = {{"port", std::uint16_t{8080}},
                              {"delta", -3},
                              {"ratio", 0.5},
                              {"ready", true},
                              {"path", "/v1"},
                              {"host", host}};
    EXPECT_EQ(body(LogFormat::text, "up", fields),
              "up port=8080 delta=-3 ratio=0.5 ready=true path=/v1 host=h");
    EXPECT_EQ(
        body(LogFormat::json, "up", fields),
        R"("msg":"up","port":8080,"delta":-3,"ratio":0.5,"ready":true,"path":"/v1","host":"h")");
}

TEST(LogLine, json_writes_null_for_what_json_has_no_number_for) {
    EXPECT_EQ(body(LogFormat::json, "m", {{"x", std::numeric_limits<double>::infinity()}}),
              R"("msg":"m","x":null)");
}

TEST(LogLine, text_values_are_quoted_where_their_end_would_be_in_doubt) {
    EXPECT_EQ(body(LogFormat::text, "m", {{"a", ""}, {"b", "x y"}, {"c", "k=v"}, {"d", "q\"q"}}),
              R"(m a="" b="x y" c="k=v" d="q\"q")");
}

TEST(LogLine, a_newline_in_a_value_does_not_begin_a_line) {
    const std::string forged = "x\n2026-01-02T03:04:05.678Z info  admin";
    EXPECT_EQ(body(LogFormat::text, forged, {{"v", forged}}).find('\n'), std::string::npos);
    EXPECT_EQ(body(LogFormat::json, forged, {{"v", forged}}).find('\n'), std::string::npos);
    EXPECT_EQ(body(LogFormat::json, "m", {{"v", "a\n\"b\\"}}), R"("msg":"m","v":"a\n\"b\\")");
}

TEST(LogLine, terminal_escapes_are_made_visible) {
    EXPECT_EQ(body(LogFormat::text, "\x1b[2J\x7f", {}), R"(\x1b[2J\x7f)");
    EXPECT_EQ(body(LogFormat::text,
                   "\xc2\x9b"
                   "2J",
                   {}),
              R"(\xc2\x9b2J)");
    EXPECT_EQ(body(LogFormat::json, "\x1b\x7f\xc2\x9b", {}), R"("msg":"\u001b\u007f\u009b")");
}

TEST(LogLine, valid_utf8_passes_and_broken_utf8_is_replaced) {
    EXPECT_EQ(body(LogFormat::json, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8a", {}),
              "\"msg\":\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8a\"");
    const std::string replacement = "\xef\xbf\xbd";
    for (const std::string_view broken : {"\xff", "\xc3", "\xc0", "\xf5"}) {
        EXPECT_EQ(body(LogFormat::json, broken, {}), "\"msg\":\"" + replacement + "\"") << broken;
    }
    // An overlong '/', a surrogate, and what is above U+10FFFF: every byte is replaced.
    EXPECT_EQ(body(LogFormat::json, "\xc0\xaf", {}),
              "\"msg\":\"" + replacement + replacement + "\"");
    for (const std::string_view broken : {"\xe0\x80\xaf", "\xed\xa0\x80"}) {
        EXPECT_EQ(body(LogFormat::json, broken, {}),
                  "\"msg\":\"" + replacement + replacement + replacement + "\"");
    }
    EXPECT_EQ(body(LogFormat::json, "\xf4\x90\x80\x80", {}),
              "\"msg\":\"" + replacement + replacement + replacement + replacement + "\"");
    EXPECT_EQ(body(LogFormat::text, "\xff", {}), R"(\xff)");
}

TEST(LogLine, a_long_value_is_cut) {
    const std::string longer(text_bytes_max + 1, 'a');
    EXPECT_EQ(body(LogFormat::text, "m", {{"v", longer}}),
              "m v=" + std::string(text_bytes_max, 'a') + "...");
    const std::string fits(text_bytes_max, 'a');
    EXPECT_EQ(body(LogFormat::json, fits, {}), "\"msg\":\"" + fits + "\"");
}

TEST(LogLine, every_name_of_a_level_or_format_is_read_back) {
    for (const auto level : {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn,
                             LogLevel::error, LogLevel::off}) {
        EXPECT_EQ(log_level(to_string(level)), level);
    }
    EXPECT_EQ(log_level("loud"), std::nullopt);
    EXPECT_EQ(log_format("json"), LogFormat::json);
    EXPECT_EQ(log_format("text"), LogFormat::text);
    EXPECT_EQ(log_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace spillway::telemetry
