#include "telemetry/escape.hpp"

#include <algorithm>
#include <cstdint>

namespace spillway::telemetry {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr unsigned byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// Length of the well-formed UTF-8 sequence that `text` starts with; 0 when there is none
/// (truncated, overlong, a surrogate, above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
    const unsigned lead = byte_at(text, 0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
    std::uint32_t code = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const unsigned next = byte_at(text, i);
        if ((next & 0xc0U) != 0x80U) return 0;
        code = (code << 6U) | (next & 0x3fU);
    }
    const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return is_overlong || is_surrogate || code > 0x10ffff ? 0 : length;
}

/// Calls `put(sequence, is_text)` for each character, or each single byte that is none.
template <class Put>
void for_each_character(std::string_view text, Put put) {
    const std::size_t kept = std::min(text.size(), text_bytes_max);
    std::size_t i = 0;
    while (i < kept) {
        const std::size_t length = utf8_length(text.substr(i));
        put(text.substr(i, std::max<std::size_t>(length, 1)), length != 0);
        i += std::max<std::size_t>(length, 1);
    }
}

std::string_view ellipsis(std::string_view text) {
    return text.size() > text_bytes_max ? "..." : "";
}

void append_hex(std::string& out, std::string_view prefix, unsigned byte) {
    out += prefix;
    out += hex_digits[byte >> 4U];
    out += hex_digits[byte & 0xfU];
}

constexpr std::string_view short_escape(char c) {
    switch (c) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        default:
            return "";
    }
}

/// C0, DEL, or C1 (which UTF-8 writes as c2 80 .. c2 9f).
bool is_control(std::string_view character) {
    const unsigned lead = byte_at(character, 0);
    return lead < 0x20 || lead == 0x7f || (lead == 0xc2 && byte_at(character, 1) < 0xa0);
}

void append_text(std::string& out, std::string_view text, bool is_quoted) {
    for_each_character(text, [&](std::string_view character, bool is_text) {
        const std::string_view escape = short_escape(character[0]);
        const bool keeps_itself = !is_quoted && character[0] == '"';
        if (!escape.empty() && !keeps_itself) {
            out += escape;
        } else if (!is_text || is_control(character)) {
            for (const char c : character) append_hex(out, "\\x", static_cast<unsigned char>(c));
        } else {
            out += character;
        }
    });
    out += ellipsis(text);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    for_each_character(text, [&](std::string_view character, bool is_text) {
        const std::string_view escape = short_escape(character[0]);
        if (!escape.empty()) {
            out += escape;
        } else if (!is_text) {
            out += "\xef\xbf\xbd";
        } else if (is_control(character)) {
            append_hex(out, "\\u00", byte_at(character, character.size() - 1));
        } else {
            out += character;
        }
    });
    out += ellipsis(text);
}

void append_text_escaped(std::string& out, std::string_view text) { append_text(out, text, false); }

void append_text_value(std::string& out, std::string_view text) {
    const bool is_quoted = text.empty() || text.find_first_of(" \"=") != std::string_view::npos;
    if (is_quoted) out += '"';
    append_text(out, text, is_quoted);
    if (is_quoted) out += '"';
}

}  // namespace spillway::telemetry
