#pragma once
// The schema: one table per section binds each key to its field, its rule and its range. Reading,
// writing and the tests of the documents all walk these tables, so none of them can forget a key.

#include <functional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// One key as the documents show it: "limiters.NAME.queue.capacity", "routes.N.path".
struct KeyInfo {
    std::string path;
    std::string default_text;  // as YAML in one line; empty: required
    std::string allowed;
};

template <typename Section>
struct Key {
    std::string name;
    std::function<void(const Value&, const std::string& path, Section&, Problems&)> read;
    std::function<Value(const Section&)> write;
    std::function<void(const std::string& path, std::vector<KeyInfo>&)> describe;
    bool is_required = false;
    /// Whether the key means anything in this section; empty: always. Others are not written.
    std::function<bool(const Section&)> applies{};
};

template <typename Section>
struct Table {
    std::vector<Key<Section>> keys;
};

/// The table of a section; specialised for every struct of config.hpp in schema.cpp, and in
/// limit_schema.cpp.
template <typename Section>
const Table<Section>& table();

/// Reads `tree` over `config`: what the tree does not have stays as it is. What is wrong with
/// single keys is added to `problems`, and the key keeps what it had.
void read_config(const Value& tree, Config& config, Problems& problems);

/// The whole configuration as a tree; `auto` stays a word.
[[nodiscard]] Value write_config(const Config& config);

/// Every key there is, sections themselves left out.
[[nodiscard]] std::vector<KeyInfo> all_keys();

}  // namespace spillway::config
