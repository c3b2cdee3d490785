#include "config/load.hpp"

#include <cstdint>
#include <utility>

#include "config/check.hpp"
#include "config/merge.hpp"
#include "config/read_file.hpp"
#include "config/schema.hpp"
#include "config/yaml.hpp"

namespace spillway::config {

namespace {

constexpr std::uint64_t file_bytes_max = 1U << 20U;

/// Lays the file on the defaults. False: nothing of it can be read.
bool merge_file(Value& tree, const std::string& text, const std::string& name, Problems& problems) {
    std::optional<Value> file = parse_yaml(text, name, "", problems);
    if (!file) return false;
    if (!file->is_map() && !file->is_null()) {
        problems.add(file->place, "",
                     "expected a map of sections at the top, got " + std::string{kind_name(*file)} +
                         " (allowed: server, control, drain, "
                         "pools, limiters, routes, resize, log)");
        return false;
    }
    merge(tree, std::move(*file));
    return true;
}

Loaded load_layers(const std::optional<std::string>& text, const std::string& name,
                   const std::vector<Override>& overrides, const Machine& machine,
                   Problems& problems) {
    Value tree = write_config(Config::defaults());
    const bool is_whole = !text || merge_file(tree, *text, name, problems);
    // First without the overrides: they must not hide what is wrong with the file.
    Config without_overrides;
    read_config(tree, without_overrides, problems);

    for (const Override& override : overrides) {
        auto value =
            parse_override(override.yaml_value, override.origin, override.key_path, problems);
        if (value) {
            merge_at(tree, override.key_path, std::move(*value), override.is_loose, problems);
        }
    }
    Loaded loaded;
    read_config(tree, loaded.config, problems);
    // References and sums of a file that could not be read would only be noise.
    if (is_whole) check(loaded.config, tree, machine, problems);
    loaded.problems = problems.sorted(name);
    if (loaded.problems.empty()) loaded.warnings = warnings(loaded.config, machine);
    return loaded;
}

}  // namespace

Loaded load_text(const std::string& text, const std::string& name,
                 const std::vector<Override>& overrides, const Machine& machine) {
    Problems problems;
    return load_layers(text, name, overrides, machine, problems);
}

Loaded load(const std::optional<std::string>& file_path, const std::vector<Override>& overrides,
            const Machine& machine) {
    Problems problems;
    if (!file_path) return load_layers(std::nullopt, "", overrides, machine, problems);
    const std::optional<std::string> text =
        read_file(*file_path, file_bytes_max, {*file_path, 0, 0}, "", problems);
    return load_layers(text, *file_path, overrides, machine, problems);
}

}  // namespace spillway::config
