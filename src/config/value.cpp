#include "config/value.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace spillway::config {

Value Value::null_at(Place place) {
    Value value;
    value.place = std::move(place);
    return value;
}

Value Value::scalar(std::string text, bool is_quoted) {
    Value value;
    value.kind = Kind::scalar;
    value.text = std::move(text);
    value.is_quoted = is_quoted;
    return value;
}

Value Value::list() {
    Value value;
    value.kind = Kind::list;
    return value;
}

Value Value::map() {
    Value value;
    value.kind = Kind::map;
    return value;
}

const Value* Value::find(std::string_view wanted) const {
    if (!is_map()) return nullptr;
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const Value& child) { return child.key == wanted; });
    return found == children.end() ? nullptr : &*found;
}

Value* Value::find(std::string_view wanted) {
    return const_cast<Value*>(std::as_const(*this).find(wanted));
}

Value& Value::add(std::string_view new_key, Value value) {
    value.key = new_key;
    children.push_back(std::move(value));
    return children.back();
}

namespace {

const Value* child_of(const Value& value, std::string_view part) {
    if (value.is_map()) return value.find(part);
    if (!value.is_list()) return nullptr;
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool is_index = error == std::errc{} && end == part.data() + part.size();
    return is_index && index < value.children.size() ? &value.children[index] : nullptr;
}

}  // namespace

const Value& nearest_value(const Value& root, std::string_view key_path) {
    const Value* at = &root;
    while (!key_path.empty()) {
        const auto dot = key_path.find('.');
        const Value* next = child_of(*at, key_path.substr(0, dot));
        if (next == nullptr) break;
        at = next;
        if (dot == std::string_view::npos) break;
        key_path.remove_prefix(dot + 1);
    }
    return *at;
}

std::string join(std::string_view parent, std::string_view child) {
    std::string path{parent};
    if (!path.empty()) path += '.';
    return path.append(child);
}

std::string_view kind_name(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
            return "nothing";
        case Value::Kind::list:
            return "a list";
        case Value::Kind::map:
            return "a map";
        case Value::Kind::scalar:
            break;
    }
    return "a single value";
}

}  // namespace spillway::config
