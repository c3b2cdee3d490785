#pragma once
// A YAML value that knows where it was written. Every layer of the configuration (defaults, file,
// environment, --set) is such a tree; they are merged first and read once, so that each problem,
// also one that only shows in the sum, can name the place that caused it.

#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

/// Where a value was written. An empty origin is the built-in default.
struct Place {
    std::string origin;  // file name, "--set KEY" or "environment NAME"
    int line = 0;        // 1-based; 0: the origin has no lines
    int column = 0;

    friend bool operator==(const Place&, const Place&) = default;
};

struct Value {
    enum class Kind { null, scalar, list, map };

    Kind kind = Kind::null;
    std::string text;          // of a scalar
    bool is_quoted = false;    // a quoted scalar is text, never a number, a boolean or `auto`
    bool is_override = false;  // stands alone in one override: a scalar may stand for a list of one
    Place place;
    std::string key;  // of this entry, when the parent is a map
    Place key_place;
    std::vector<Value> children;  // list: in order; map: in order, keys differ

    [[nodiscard]] static Value null_at(Place place);
    [[nodiscard]] static Value scalar(std::string text, bool is_quoted = false);
    [[nodiscard]] static Value list();
    [[nodiscard]] static Value map();

    [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
    [[nodiscard]] bool is_list() const { return kind == Kind::list; }
    [[nodiscard]] bool is_map() const { return kind == Kind::map; }
    [[nodiscard]] bool is_null() const { return kind == Kind::null; }

    /// The entry of a map, or null. Linear: configurations are small.
    [[nodiscard]] Value* find(std::string_view wanted);
    [[nodiscard]] const Value* find(std::string_view wanted) const;

    /// Appends an entry; the caller knows that the key is new.
    Value& add(std::string_view new_key, Value value);
};

/// The value at `key_path` ("routes.0.path"), or the nearest ancestor that exists.
[[nodiscard]] const Value& nearest_value(const Value& root, std::string_view key_path);

/// `parent.child`, or `child` at the top.
[[nodiscard]] std::string join(std::string_view parent, std::string_view child);

/// "a number", "text", "a list" ... for messages.
[[nodiscard]] std::string_view kind_name(const Value& value);

}  // namespace spillway::config
