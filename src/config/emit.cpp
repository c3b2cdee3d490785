#include "config/emit.hpp"

#include <algorithm>
#include <string_view>

namespace spillway::config {

namespace {

constexpr std::size_t line_length_max = 100;
constexpr std::size_t indent_width = 2;

bool is_plain_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_./-"}.find(c) != std::string_view::npos;
}

/// True for text that YAML reads as itself without quotes, wherever it stands.
bool is_plain(std::string_view text) {
    if (text.empty() || text.front() == '-' || text.front() == '.') return false;
    if (text == "null" || text == "Null" || text == "NULL") return false;
    return std::all_of(text.begin(), text.end(), is_plain_character);
}

std::string quoted(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.append(1, '\\').append(1, c);
        } else if (byte < 0x20 || byte == 0x7f) {
            out.append("\\x").append(1, hex[byte >> 4U]).append(1, hex[byte & 0xFU]);
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string emit_scalar(std::string_view text) {
    return is_plain(text) ? std::string{text} : quoted(text);
}

/// Pools and routes side by side read best as one line each; sections do not.
bool fits(const Value& value, std::size_t column) {
    const bool is_deep = std::any_of(value.children.begin(), value.children.end(),
                                     [](const Value& child) { return child.is_map(); });
    return !is_deep && column + emit_line(value).size() <= line_length_max;
}

void emit_block(const Value& value, std::size_t indent, std::string& out);

/// The value after `key:` or `-`; `column` is where it would begin.
void emit_after(const Value& value, std::size_t indent, std::size_t column, bool may_flow,
                std::string& out) {
    const bool is_collection = value.is_map() || value.is_list();
    const bool is_flow = value.children.empty() || (may_flow && fits(value, column));
    if (!is_collection || is_flow) {
        out += ' ' + emit_line(value) + '\n';
        return;
    }
    out += '\n';
    emit_block(value, indent + indent_width, out);
}

void emit_entries(const Value& map, std::size_t indent, bool is_first_indented, std::string& out) {
    bool is_indented = is_first_indented;
    for (const Value& entry : map.children) {
        if (!is_indented) out.append(indent, ' ');
        is_indented = false;
        const std::string key = emit_scalar(entry.key);
        out += key + ':';
        const bool may_flow = indent > 0 || entry.is_list();
        emit_after(entry, indent, indent + key.size() + 2, may_flow, out);
    }
}

void emit_block(const Value& value, std::size_t indent, std::string& out) {
    if (value.is_map()) return emit_entries(value, indent, false, out);
    for (const Value& item : value.children) {
        out.append(indent, ' ').append("-");
        if (item.is_map() && !item.children.empty()) {
            out += ' ';
            emit_entries(item, indent + indent_width, true, out);
        } else {
            emit_after(item, indent, indent + indent_width, true, out);
        }
    }
}

}  // namespace

std::string emit_line(const Value& value) {
    if (value.is_null()) return "null";
    if (value.is_scalar()) return emit_scalar(value.text);
    std::string out;
    for (const Value& child : value.children) {
        if (!out.empty()) out += ", ";
        if (value.is_map()) out += emit_scalar(child.key) + ": ";
        out += emit_line(child);
    }
    return value.is_map() ? '{' + out + '}' : '[' + out + ']';
}

std::string emit_document(const Value& root) {
    if (root.children.empty()) return "{}\n";
    std::string out;
    emit_entries(root, 0, false, out);
    return out;
}

}  // namespace spillway::config
