#include "config/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <exception>
#include <utility>
#include <vector>

#include "config/address.hpp"

namespace spillway::config {

namespace {

// Aliases are copied out when the tree is built, so a few nested ones could grow without end.
constexpr int values_max = 20'000;
constexpr int depth_max = 32;

class Builder {
public:
    Builder(std::string_view origin, Problems& problems) : origin_(origin), problems_(problems) {}

    Value build(const YAML::Node& node, const std::string& path, int depth) {
        Value value;
        value.place = place_of(node.Mark());
        if (++values_ > values_max || depth > depth_max) {
            is_too_large_ = true;
            return value;
        }
        // yaml-cpp marks plain values with "?" and quoted ones with "!".
        const std::string& tag = node.Tag();
        if (!tag.empty() && tag != "?" && tag != "!") {
            problems_.add(value.place, path, "tags are not used here (" + tag + ")");
        }
        if (node.IsScalar()) {
            value.kind = Value::Kind::scalar;
            value.text = node.Scalar();
            value.is_quoted = tag == "!";
        } else if (node.IsSequence()) {
            value.kind = Value::Kind::list;
            build_items(node, path, depth, value);
        } else if (node.IsMap()) {
            value.kind = Value::Kind::map;
            build_entries(node, path, depth, value);
        }
        return value;
    }

    /// What was built is then incomplete.
    [[nodiscard]] bool is_too_large() const { return is_too_large_; }

private:
    void build_items(const YAML::Node& node, const std::string& path, int depth, Value& list) {
        for (const auto& item : node) {
            if (is_too_large_) return;
            const std::string index = std::to_string(list.children.size());
            list.children.push_back(build(item, join(path, index), depth + 1));
        }
    }

    void build_entries(const YAML::Node& node, const std::string& path, int depth, Value& map) {
        for (const auto& entry : node) {
            if (is_too_large_) return;
            const Place key_place = place_of(entry.first.Mark());
            if (!entry.first.IsScalar()) {
                problems_.add(key_place, path, "a key must be a plain word");
                continue;
            }
            const std::string& key = entry.first.Scalar();
            const std::string entry_path = join(path, key);
            if (const Value* first = map.find(key)) {
                problems_.add(
                    key_place, entry_path,
                    "duplicate key (first in line " + std::to_string(first->key_place.line) + ")");
                continue;
            }
            Value& value = map.add(key, build(entry.second, entry_path, depth + 1));
            value.key_place = key_place;
            // The mark of a missing value is wherever the next token begins.
            if (value.is_null()) value.place = key_place;
        }
    }

    [[nodiscard]] Place place_of(const YAML::Mark& mark) const {
        return {std::string{origin_}, mark.line + 1, mark.column + 1};
    }

    std::string_view origin_;
    Problems& problems_;
    int values_ = 0;
    bool is_too_large_ = false;
};

void forget_lines(Value& value) {
    value.place.line = value.place.column = 0;
    value.key_place.line = value.key_place.column = 0;
    for (Value& child : value.children) forget_lines(child);
}

}  // namespace

std::optional<Value> parse_yaml(const std::string& text, std::string_view origin,
                                std::string_view key_path, Problems& problems) {
    const Place start{std::string{origin}, 0, 0};
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text);
        if (documents.empty()) return Value::null_at(start);
        if (documents.size() > 1) {
            const YAML::Mark mark = documents[1].Mark();
            problems.add({start.origin, mark.line + 1, mark.column + 1}, key_path,
                         "a second YAML document (allowed: one)");
            return std::nullopt;
        }
        Builder builder{origin, problems};
        Value value = builder.build(documents.front(), std::string{key_path}, 0);
        if (!builder.is_too_large()) return value;
        problems.add(value.place, key_path,
                     "is too large or refers to itself (allowed: " + std::to_string(values_max) +
                         " values, " + std::to_string(depth_max) + " levels)");
    } catch (const YAML::Exception& error) {
        problems.add({start.origin, error.mark.line + 1, error.mark.column + 1}, key_path,
                     "not valid YAML: " + error.msg);
    } catch (const std::exception& error) {
        problems.add(start, key_path, std::string{"not valid YAML: "} + error.what());
    }
    return std::nullopt;
}

std::optional<Value> parse_override(const std::string& text, std::string_view origin,
                                    std::string_view key_path, Problems& problems) {
    // "[::1]:80" is an address to everybody but YAML.
    if (text.starts_with('[') && parse_endpoint(text)) {
        Value address = Value::scalar(text, true);
        address.place.origin = origin;
        address.is_override = true;
        return address;
    }
    Problems found;
    std::optional<Value> value = parse_yaml(text, origin, key_path, found);
    for (const Problem& problem : found.sorted(origin)) {
        const std::string hint = value ? "" : " (quote texts that begin with [ { * & ! or %)";
        problems.add({problem.origin, 0, 0}, problem.key_path, problem.message + hint);
    }
    if (!value) return std::nullopt;
    forget_lines(*value);
    value->is_override = true;
    if (value->is_null() && text.find_first_not_of(" \t") == std::string::npos) {
        value->kind = Value::Kind::scalar;
        value->is_quoted = true;
    }
    return value;
}

}  // namespace spillway::config
