// The log against real pipes. Nothing here waits for time to pass: a pipe that is not read stays
// full, one that is closed stays closed, and close() joins the log's thread.
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

namespace spillway::telemetry {
namespace {

using namespace std::chrono_literals;

class Pipe {
public:
    Pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
    ~Pipe() {
        close_read_end();
        close_write_end();
    }
    [[nodiscard]] int write_end() const { return ends_[1]; }
    void close_read_end() { close_end(0); }
    void close_write_end() { close_end(1); }

    /// Fills what a reader has not taken.
    void fill() const {
        const int again = ::open(("/proc/self/fd/" + std::to_string(ends_[1])).c_str(),
                                 O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        const std::string page(4096, '.');
        while (::write(again, page.data(), page.size()) > 0) {
        }
        ::close(again);
    }

    /// Everything until the last writer has closed.
    std::string read_to_end() {
        close_write_end();
        std::string all;
        std::array<char, 4096> chunk{};
        for (ssize_t n = 1; n > 0; all.append(chunk.data(), static_cast<std::size_t>(n))) {
            n = std::max<ssize_t>(::read(ends_[0], chunk.data(), chunk.size()), 0);
        }
        return all;
    }

private:
    void close_end(std::size_t i) {
        if (ends_[i] >= 0) ::close(ends_[i]);
        ends_[i] = -1;
    }
    std::array<int, 2> ends_{-1, -1};
};

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Log, closing_writes_everything_that_is_queued) {
    Pipe pipe;
    {
        Log log({.queue_lines_max = 128, .descriptor = pipe.write_end()});
        for (int i = 0; i < 100; ++i) log.info("line", {{"i", i}});
        log.close();
        EXPECT_EQ(log.dropped(), 0U);
    }
    const std::string text = pipe.read_to_end();
    EXPECT_EQ(lines(text), 100U);
    EXPECT_NE(text.find("info  line i=99\n"), std::string::npos);
}

TEST(Log, json_lines_carry_level_message_and_fields) {
    Pipe pipe;
    Log(LogOptions{.format = LogFormat::json, .descriptor = pipe.write_end()})
        .warn("slow", {{"route", "/v1/resize"}, {"ms", 12}});
    const std::string text = pipe.read_to_end();
    EXPECT_EQ(text.find("{\"ts\":\"20"), 0U) << text;
    EXPECT_NE(text.find(R"(,"level":"warn","msg":"slow","route":"/v1/resize","ms":12})"),
              std::string::npos)
        << text;
}

TEST(Log, the_level_can_be_changed_while_it_runs) {
    Pipe pipe;
    {
        Log log({.level = LogLevel::warn, .descriptor = pipe.write_end()});
        log.info("silent");
        log.set_level(LogLevel::debug);
        EXPECT_TRUE(log.is_on(LogLevel::debug));
        EXPECT_FALSE(log.is_on(LogLevel::trace));
        log.debug("heard");
        log.set_level(LogLevel::off);
        log.error("silent");
    }
    const std::string text = pipe.read_to_end();
    EXPECT_EQ(lines(text), 1U) << text;
    EXPECT_NE(text.find("debug heard"), std::string::npos);
}

TEST(Log, a_reader_that_does_not_read_costs_old_lines_and_no_time_of_the_writers) {
    Pipe pipe;
    pipe.fill();
    Log log({.queue_lines_max = 8, .descriptor = pipe.write_end(), .flush_timeout = 0ms});
    // Would never return if one of these waited for the pipe.
    for (int i = 0; i < 1000; ++i) log.info("line");
    // At most one line is with the background thread and eight are queued.
    EXPECT_GE(log.dropped(), 1000U - 8 - 1);
    // Would never return if the end of the log waited for the pipe.
    log.close();
    EXPECT_EQ(log.dropped(), 1000U);
}

TEST(Log, a_paused_reader_that_comes_back_gets_the_newest_lines) {
    Pipe pipe;
    pipe.fill();
    std::string text;
    std::thread reader;
    {
        Log log({.queue_lines_max = 8, .descriptor = pipe.write_end(), .flush_timeout = 60s});
        for (int i = 0; i < 100; ++i) log.info("line", {{"i", i}});
        const int kept = ::dup(pipe.write_end());  // end of file comes only when this one is closed
        reader = std::thread([&] { text = pipe.read_to_end(); });
        log.close();
        EXPECT_GE(log.dropped(), 100U - 8 - 1);
        ::close(kept);
    }
    reader.join();
    EXPECT_NE(text.find("line i=99\n"), std::string::npos);
}

TEST(Log, a_closed_pipe_is_counted_and_harms_nobody) {
    Pipe pipe;
    pipe.close_read_end();
    Log log({.queue_lines_max = 64, .descriptor = pipe.write_end()});
    for (int i = 0; i < 10; ++i) log.info("line");
    log.close();
    EXPECT_EQ(log.dropped(), 10U);
}

TEST(Log, a_line_after_close_is_counted) {
    Pipe pipe;
    Log log({.descriptor = pipe.write_end()});
    log.close();
    log.info("late");
    EXPECT_EQ(log.dropped(), 1U);
    log.close();
}

TEST(Log, a_line_longer_than_the_pipe_takes_at_once_arrives_whole) {
    Pipe pipe;
    const std::string longest(1000, 'a');
    std::string text;
    std::thread reader;
    {
        Log log({.descriptor = pipe.write_end(), .flush_timeout = 60s});
        log.info(longest, {{"a", longest}, {"b", longest}, {"c", longest}, {"d", longest}});
        log.close();
    }
    text = pipe.read_to_end();
    EXPECT_EQ(lines(text), 1U);
    EXPECT_GT(text.size(), 5000U);
}

TEST(Log, lines_of_many_threads_do_not_mix) {
    Pipe pipe;
    std::string text;
    std::thread reader;
    {
        Log log({.queue_lines_max = 4096, .descriptor = pipe.write_end(), .flush_timeout = 60s});
        std::vector<std::thread> threads;
        const int kept = ::dup(pipe.write_end());
        reader = std::thread([&] { text = pipe.read_to_end(); });
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&log, t] {
                for (int i = 0; i < 500; ++i) {
                    log.info("begin", {{"t", t}, {"end", "end"}});
                    log.set_level(LogLevel::debug);
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        log.close();
        EXPECT_EQ(log.dropped(), 0U);
        ::close(kept);
    }
    reader.join();
    EXPECT_EQ(lines(text), 2000U);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        const std::string line = text.substr(at, text.find('\n', at) - at);
        EXPECT_EQ(line.substr(line.size() - 8), " end=end") << line;
    }
}

}  // namespace
}  // namespace spillway::telemetry
