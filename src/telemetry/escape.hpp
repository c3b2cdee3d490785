#pragma once
// Strangers' bytes made fit for a log line: one line stays one line, and a terminal that shows it
// obeys no escape sequence of theirs.

#include <cstddef>
#include <string>
#include <string_view>

namespace spillway::telemetry {

/// What of one text is kept; the rest becomes "...". With the fields of a line being few this
/// bounds a line, and so the bytes in the log's queue.
inline constexpr std::size_t text_bytes_max = 1024;

/// Appends `text` as the inside of a JSON string, without the quotes: always valid UTF-8, bytes
/// that are not become U+FFFD. Pure.
void append_json_escaped(std::string& out, std::string_view text);

/// Appends `text` for human eyes: control characters (C0, DEL and C1) and bytes that are not UTF-8
/// as `\xNN`, newline, return and tab as `\n`, `\r`, `\t`. Pure.
void append_text_escaped(std::string& out, std::string_view text);

/// As above, as the value of `key=value`: in quotes when it is empty or holds a blank, a quote or
/// an equals sign, so that where it ends is never in doubt. Pure.
void append_text_value(std::string& out, std::string_view text);

}  // namespace spillway::telemetry
