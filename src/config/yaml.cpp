#include "config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <exception>
#include <sstream>
#include <utility>

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

/// Notes where documents begin, and nothing else.
class DocumentStart : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

    [[nodiscard]] const YAML::Mark& mark() const { return mark_; }

private:
    YAML::Mark mark_;
};

/// Where a second document begins. YAML::LoadAll() would tell too, but it never returns when a
/// stray } or , is left over: it takes no token and finds one empty document after the other.
std::optional<YAML::Mark> find_second_document(const std::string& text) {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    DocumentStart start;
    if (!parser.HandleNextDocument(start) || !parser.HandleNextDocument(start)) return std::nullopt;
    return start.mark();
}

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
        if (const auto second = find_second_document(text)) {
            problems.add({start.origin, second->line + 1, second->column + 1}, key_path,
                         "a second document, or something left over after the end of the first "
                         "(allowed: one document)");
            return std::nullopt;
        }
        const YAML::Node document = YAML::Load(text);
        if (document.IsNull()) return Value::null_at(start);
        Builder builder{origin, problems};
        Value value = builder.build(document, std::string{key_path}, 0);
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
