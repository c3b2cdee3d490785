#include "scenario/load.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "config/emit.hpp"
#include "config/merge.hpp"
#include "config/read_file.hpp"
#include "config/units.hpp"
#include "config/yaml.hpp"
#include "scenario/check.hpp"
#include "scenario/recorded.hpp"
#include "scenario/schema.hpp"

namespace spillway::scenario {

namespace {

using config::Place;
using config::Problems;
using config::Value;

constexpr std::uint64_t file_bytes_max = 1U << 20U;
constexpr std::uint64_t recorded_bytes_max = 256U << 20U;

/// Finds the files that a scenario names.
class Files {
public:
    Files(const std::string& scenario_name, const Value& tree, Problems& problems)
        : directory_(std::filesystem::path{scenario_name}.parent_path()),
          tree_(tree),
          problems_(problems) {}

    void find_body(const std::string& path, Body& body) {
        if (body.file.empty() || problems_.has_under(path)) return;
        body.file = found(body.file);
        std::error_code error;
        const auto size = std::filesystem::file_size(body.file, error);
        if (error) {
            complain(path + ".file", body.file + " cannot be read: " + error.message());
        } else if (size > body_bytes_max) {
            complain(path + ".file", body.file + " is too large (allowed: 0.." +
                                         config::format_size(body_bytes_max) + ")");
        } else {
            body.size = size;
        }
    }

    void read_recorded(const std::string& path, Phase& phase) {
        const std::string key_path = path + ".recorded";
        if (phase.recorded.empty() || problems_.has_under(key_path)) return;
        phase.recorded = found(phase.recorded);
        const auto text =
            config::read_file(phase.recorded, recorded_bytes_max,
                              nearest_value(tree_, key_path).place, key_path, problems_);
        if (text) phase.times = parse_recorded(*text, phase.recorded, key_path, problems_);
    }

private:
    [[nodiscard]] std::string found(const std::string& name) const {
        return (directory_ / name).string();  // an absolute name replaces the directory
    }

    void complain(const std::string& path, std::string message) {
        problems_.add(nearest_value(tree_, path).place, path, std::move(message));
    }

    std::filesystem::path directory_;
    const Value& tree_;
    Problems& problems_;
};

void load_files(const std::string& name, const Value& tree, Scenario& scenario,
                Problems& problems) {
    Files files{name, tree, problems};
    for (auto& [kind, client] : scenario.clients) {
        files.find_body("clients." + kind + ".body", client.body);
    }
    for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
        files.read_recorded("phases." + std::to_string(i), scenario.phases[i]);
    }
}

Loaded load_layers(std::optional<Value> tree, const std::string& name,
                   const std::vector<config::Override>& overrides, Problems& problems) {
    Loaded loaded;
    if (tree) {
        // First without the overrides: they must not hide what is wrong with the file.
        Scenario without_overrides;
        read_scenario(*tree, without_overrides, problems);
        for (const config::Override& override : overrides) {
            auto value = config::parse_override(override.yaml_value, override.origin,
                                                override.key_path, problems);
            if (value) {
                merge_at(*tree, override.key_path, std::move(*value), override.is_loose, problems);
            }
        }
        read_scenario(*tree, loaded.scenario, problems);
        check(loaded.scenario, *tree, problems);
        load_files(name, *tree, loaded.scenario, problems);
    }
    loaded.problems = problems.sorted(name);
    return loaded;
}

std::optional<Value> parse(const std::string& text, const std::string& name, Problems& problems) {
    std::optional<Value> tree = config::parse_yaml(text, name, "", problems);
    if (!tree || tree->is_map()) return tree;
    problems.add(tree->place, "",
                 "expected a map at the top, got " + std::string{kind_name(*tree)} +
                     " (allowed: name, clients, phases, ...)");
    return std::nullopt;
}

}  // namespace

Loaded load_text(const std::string& text, const std::string& name,
                 const std::vector<config::Override>& overrides) {
    Problems problems;
    return load_layers(parse(text, name, problems), name, overrides, problems);
}

Loaded load(const std::string& file_path, const std::vector<config::Override>& overrides) {
    Problems problems;
    const auto text = config::read_file(file_path, file_bytes_max, {file_path, 0, 0}, "", problems);
    if (text) return load_text(*text, file_path, overrides);
    return load_layers(std::nullopt, file_path, overrides, problems);
}

std::string to_yaml(const Scenario& scenario) {
    // Of a body from a file the size is known, and would be one of two ways to say it.
    Scenario written = scenario;
    for (auto& [kind, client] : written.clients) {
        if (!client.body.file.empty()) client.body.size = 0;
    }
    return config::emit_document(write_scenario(written));
}

}  // namespace spillway::scenario
