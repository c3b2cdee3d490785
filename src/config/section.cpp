#include "config/section.hpp"

#include "config/nearest.hpp"

namespace spillway::config {

namespace {

/// Port 0 takes a free one: two such addresses are two ports.
bool is_any_port(const std::string& word) { return word.ends_with(":0"); }

constexpr std::size_t names_max = 256;  // each is a set of metric series
constexpr std::size_t name_length_max = 64;
constexpr const char* name_allowed =
    "up to 256 names of 1..64 letters, digits, - and _, beginning with a letter";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > name_length_max || !is_letter(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

std::string not_a(const Value& value, std::string_view wanted) {
    if (value.is_null()) return "is empty";
    return "expected " + std::string{wanted} + ", got " + std::string{kind_name(value)};
}

}  // namespace

void complain(Problems& problems, const Value& value, std::string_view path, std::string error,
              std::string_view allowed) {
    problems.add(value.place, path, error.append(" (allowed: ").append(allowed).append(")"));
}

void complain_of_key(Problems& problems, const Value& entry, const std::string& path,
                     const std::vector<std::string>& known) {
    std::string error = "unknown key" + did_you_mean(entry.key, known);
    problems.add(entry.key_place, path, error.append(" (allowed: ").append(joined(known)) + ")");
}

bool is_section(const Value& value, std::string_view path, const std::vector<std::string>& known,
                Problems& problems) {
    if (value.is_map() || value.is_null()) return true;
    complain(problems, value, path, not_a(value, "a map"), joined(known));
    return false;
}

bool is_word(const Value& value, std::string_view word) {
    return value.is_scalar() && value.text == word;
}

void check_names(const Value& map, const std::string& path, Problems& problems) {
    for (const Value& entry : map.children) {
        if (is_name(entry.key)) continue;
        problems.add(entry.key_place, join(path, entry.key),
                     std::string{"is not a name (allowed: "} + name_allowed + ")");
    }
    if (map.children.size() > names_max) {
        complain(problems, map, path, "has too many entries", name_allowed);
    }
}

std::string WordList::allowed() const {
    return "list of " + std::to_string(low) + ".." + std::to_string(high) + ": " + rule.allowed;
}

void WordList::read(const Value& value, const std::string& path, std::vector<std::string>& words,
                    Problems& problems) const {
    if (value.is_scalar() && value.is_override) {
        Value wrapped = Value::list();
        wrapped.place = value.place;
        wrapped.children.push_back(value);
        return read(wrapped, path, words, problems);
    }
    if (!value.is_list()) {
        return complain(problems, value, path, not_a(value, "a list"), allowed());
    }
    const std::size_t count = value.children.size();
    if (count < low || count > high) {
        return complain(problems, value, path, "has " + std::to_string(count) + " entries",
                        allowed());
    }
    words.clear();
    for (std::size_t i = 0; i < count; ++i) {
        const Value& item = value.children[i];
        const std::string item_path = join(path, std::to_string(i));
        Parsed<std::string> word =
            item.is_null() ? Parsed<std::string>{{}, "is empty"} : rule.parse(item);
        if (!word.value) {
            complain(problems, item, item_path, std::move(word.error), rule.allowed);
        } else if (std::find(words.begin(), words.end(), *word.value) != words.end() &&
                   !is_any_port(*word.value)) {
            problems.add(item.place, item_path, *word.value + " is listed twice (allowed: once)");
        } else {
            words.push_back(std::move(*word.value));
        }
    }
}

Value WordList::write(const std::vector<std::string>& words) const {
    Value items = Value::list();
    for (const std::string& word : words) items.children.push_back(rule.format(word));
    return items;
}

bool is_section_list(const Value& value, std::string_view path, std::size_t high,
                     Problems& problems) {
    const std::string allowed = "a list of 0.." + std::to_string(high) + " maps";
    if (!value.is_list()) {
        complain(problems, value, path, not_a(value, "a list"), allowed);
        return false;
    }
    if (value.children.size() <= high) return true;
    complain(problems, value, path, "has " + std::to_string(value.children.size()) + " entries",
             allowed);
    return false;
}

}  // namespace spillway::config
