#include "config/merge.hpp"

#include <algorithm>
#include <utility>

#include "config/units.hpp"

namespace spillway::config {

namespace {

char folded(char c) {
    if (c == '-') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_like(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return folded(x) == folded(y); });
}

Value* find_entry(Value& map, std::string_view part, bool is_loose) {
    Value* const exact = map.find(part);
    if (exact != nullptr || !is_loose) return exact;
    for (Value& entry : map.children) {
        if (is_like(entry.key, part)) return &entry;
    }
    return nullptr;
}

/// The part's child in a list, or null and a problem.
Value* find_item(Value& list, std::string_view part, const Place& place, const std::string& path,
                 Problems& problems) {
    const std::size_t size = list.children.size();
    const auto index = parse_integer(part);
    if (index && *index < size) return &list.children[*index];
    const std::string allowed = size == 0 ? "none" : "0.." + std::to_string(size - 1);
    problems.add(place, path, "no such entry of the list (allowed: " + allowed + ")");
    return nullptr;
}

}  // namespace

void merge(Value& base, Value over) {
    if (base.is_map() && over.is_null()) return;
    if (!base.is_map() || !over.is_map()) {
        over.key = base.key;
        base = std::move(over);
        return;
    }
    base.place = over.place;
    base.key_place = over.key_place;
    for (Value& entry : over.children) {
        if (Value* const existing = base.find(entry.key)) {
            merge(*existing, std::move(entry));
        } else {
            base.children.push_back(std::move(entry));
        }
    }
}

void merge_at(Value& root, std::string_view key_path, Value over, bool is_loose,
              Problems& problems) {
    over.key_place = over.place;
    Value* at = &root;
    std::string path;
    while (true) {
        const auto dot = key_path.find('.');
        const std::string_view part = key_path.substr(0, dot);
        path = join(path, part);
        if (part.empty()) {
            return problems.add(over.place, path,
                                "is not a key path (allowed: keys and indexes with a dot between "
                                "them)");
        }
        if (at->is_list()) {
            at = find_item(*at, part, over.place, path, problems);
            if (at == nullptr) return;
        } else {
            // A single value where the path goes on is the reader's to complain of.
            if (!at->is_map()) {
                at->kind = Value::Kind::map;
                at->place = over.place;
            }
            Value* entry = find_entry(*at, part, is_loose);
            if (entry == nullptr) {
                entry = &at->add(part, Value{});
                entry->place = entry->key_place = over.place;
            }
            at = entry;
        }
        if (dot == std::string_view::npos) break;
        key_path.remove_prefix(dot + 1);
    }
    merge(*at, std::move(over));
}

}  // namespace spillway::config
