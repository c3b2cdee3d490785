#pragma once
// The log: spdlog's asynchronous logger with a bounded queue that drops the oldest line when it is
// full. Who logs never waits, whatever became of the reader of stdout.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "telemetry/log_line.hpp"

namespace spillway::telemetry {

struct LogOptions {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    std::uint32_t queue_lines_max = 8192;  // 1..; the oldest line makes room
    int descriptor = 1;                    // where lines go; not closed by the log
    // What is left in the queue at the end is written for this long, then it counts as dropped.
    std::chrono::milliseconds flush_timeout{1000};
};

/// Lines go to one background thread, which writes them. Thread-safe. Does not throw once built;
/// lines that could not be kept or written are counted, never reported anywhere else.
class Log {
public:
    /// Throws std::system_error when the thread cannot be started.
    explicit Log(const LogOptions& options = {});
    /// close().
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void trace(std::string_view message, LogFields fields = {}) {
        write(LogLevel::trace, message, fields);
    }
    void debug(std::string_view message, LogFields fields = {}) {
        write(LogLevel::debug, message, fields);
    }
    void info(std::string_view message, LogFields fields = {}) {
        write(LogLevel::info, message, fields);
    }
    void warn(std::string_view message, LogFields fields = {}) {
        write(LogLevel::warn, message, fields);
    }
    void error(std::string_view message, LogFields fields = {}) {
        write(LogLevel::error, message, fields);
    }
    /// One line, if `level` is on. O(length); a short mutex (spdlog's queue), no wait for I/O.
    void write(LogLevel level, std::string_view message, LogFields fields) noexcept;

    /// Whether a line of that level would be written: ask before building costly fields.
    [[nodiscard]] bool is_on(LogLevel level) const noexcept;
    /// Takes effect for lines written from now on.
    void set_level(LogLevel level) noexcept;

    /// Lines lost so far: pushed out of the full queue, refused by the descriptor (a closed pipe,
    /// a full disk), left over at close, or written after it.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

    /// Writes what is queued, for at most `flush_timeout`, and ends the thread. Idempotent; not to
    /// be called by two threads at once.
    void close() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace spillway::telemetry
