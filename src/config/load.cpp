#include "config/load.hpp"

#include <cstdint>
#include <utility>

#include "config/check.hpp"
#include "config/check_files.hpp"
#include "config/layers.hpp"
#include "config/merge.hpp"
#include "config/read_file.hpp"
#include "config/schema.hpp"
#include "config/token_file.hpp"
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

Loaded finish(const Layers& layers, const std::string& name, const Machine& machine) {
    Loaded loaded{
        .config = layers.config, .problems = layers.problems.sorted(name), .warnings = {}};
    if (loaded.problems.empty()) loaded.warnings = warnings(loaded.config, machine);
    return loaded;
}

}  // namespace

Layers read_layers(const std::optional<std::string>& text, const std::string& name,
                   const std::vector<Override>& overrides, const Machine& machine,
                   Problems problems) {
    Layers layers{
        .config = {}, .tree = write_config(Config::defaults()), .problems = std::move(problems)};
    Value& tree = layers.tree;
    const bool is_whole = !text || merge_file(tree, *text, name, layers.problems);
    // First without the overrides: they must not hide what is wrong with the file.
    Config without_overrides;
    read_config(tree, without_overrides, layers.problems);

    for (const Override& override : overrides) {
        auto value = parse_override(override.yaml_value, override.origin, override.key_path,
                                    layers.problems);
        if (value) {
            merge_at(tree, override.key_path, std::move(*value), override.is_loose,
                     layers.problems);
        }
    }
    read_config(tree, layers.config, layers.problems);
    // References and sums of a file that could not be read would only be noise.
    if (is_whole) check(layers.config, tree, machine, layers.problems);
    if (!layers.problems.has("control")) read_token(layers.config.control, tree, layers.problems);
    return layers;
}

Layers read_layers(const std::optional<std::string>& file_path,
                   const std::vector<Override>& overrides, const Machine& machine) {
    Problems problems;
    if (!file_path) return read_layers(std::nullopt, "", overrides, machine, std::move(problems));
    const std::optional<std::string> text =
        read_file(*file_path, file_bytes_max, {*file_path, 0, 0}, "", problems);
    return read_layers(text, *file_path, overrides, machine, std::move(problems));
}

Loaded load_text(const std::string& text, const std::string& name,
                 const std::vector<Override>& overrides, const Machine& machine) {
    return finish(read_layers(text, name, overrides, machine, {}), name, machine);
}

Loaded load(const std::optional<std::string>& file_path, const std::vector<Override>& overrides,
            const Machine& machine, NamedFiles files) {
    Layers layers = read_layers(file_path, overrides, machine);
    if (files == NamedFiles::checked) check_files(layers.config, layers.tree, layers.problems);
    Loaded loaded = finish(layers, file_path.value_or(""), machine);
    if (files == NamedFiles::checked && loaded.problems.empty())
        for (auto& warning : file_warnings(loaded.config))
            loaded.warnings.push_back(std::move(warning));
    return loaded;
}

}  // namespace spillway::config
