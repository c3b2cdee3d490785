// The defaults, config/spillway.yaml and docs/config.md say the same.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "config/helpers.hpp"
#include "config/print.hpp"
#include "config/schema.hpp"
#include "config/yaml.hpp"

namespace spillway::config {

using namespace testing;

namespace {

const std::string reference_path = std::string{SPILLWAY_SOURCE_DIR} + "/config/spillway.yaml";

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

/// "limiters.NAME.status" -> "limiters.resize.status": the places that the reference explains.
std::string in_reference(std::string path) {
    const auto replace = [&](const std::string& from, const std::string& to) {
        if (path.starts_with(from)) path.replace(0, from.size(), to);
    };
    replace("pools.NAME", "pools.cpu");
    replace("limiters.NAME", "limiters.resize");
    replace("routes.N", "routes.0");
    return path;
}

}  // namespace

TEST(Reference, equals_the_defaults) {
    const Loaded loaded = load(reference_path, {}, four_cpus);
    EXPECT_TRUE(lines(loaded).empty()) << lines(loaded).front();
    EXPECT_EQ(loaded.config, Config::defaults());
    EXPECT_EQ(to_yaml(loaded.config), to_yaml(Config::defaults()));
}

TEST(Reference, has_every_key_and_its_range) {
    const std::string text = text_of(reference_path);
    Problems problems;
    const auto tree = parse_yaml(text, "reference", "", problems);
    ASSERT_TRUE(tree);
    for (const KeyInfo& key : all_keys()) {
        const std::string path = in_reference(key.path);
        const Value& value = nearest_value(*tree, path);
        // What is in a section that is off, or under names that there are none of, is a comment.
        const bool is_left_out = value.text == "off" || (value.is_map() && value.children.empty());
        if (!is_left_out) {
            EXPECT_EQ(value.key, path.substr(path.rfind('.') + 1)) << path << " is missing";
        }
        EXPECT_NE(text.find("# allowed: " + key.allowed + "\n"), std::string::npos)
            << path << " does not say: allowed: " << key.allowed;
    }
}

TEST(Reference, documents_have_a_row_for_every_key) {
    const std::string text = text_of(std::string{SPILLWAY_SOURCE_DIR} + "/docs/config.md");
    for (const KeyInfo& key : all_keys()) {
        const std::string shown =
            key.default_text.empty() ? "required" : "`" + key.default_text + "`";
        const std::string row = "| `" + key.path + "` | " + shown + " | " + key.allowed + " | ";
        EXPECT_NE(text.find(row), std::string::npos) << "no row begins with: " << row;
    }
}

TEST(Reference, examples_of_the_documents_are_valid) {
    // The YAML of the last section: indented blocks that begin in the fifth column.
    const std::string text = text_of(std::string{SPILLWAY_SOURCE_DIR} + "/docs/config.md");
    std::istringstream section{text.substr(text.find("## Examples"))};
    std::vector<std::string> examples{""};
    for (std::string line; std::getline(section, line);) {
        if (line.starts_with("    ")) {
            examples.back() += line.substr(4) + '\n';
        } else if (!examples.back().empty()) {
            examples.emplace_back();
        }
    }
    EXPECT_EQ(examples.size(), 6U);
    for (const std::string& example : examples) {
        const Loaded loaded = load_yaml(example);
        EXPECT_TRUE(loaded.problems.empty()) << lines(loaded).front() << '\n' << example;
    }
}

TEST(Reference, print_of_the_defaults_loads_as_the_defaults) {
    const Loaded loaded = load_yaml(to_yaml(Config::defaults()));
    EXPECT_TRUE(loaded.problems.empty());
    EXPECT_EQ(loaded.config, Config::defaults());
}

}  // namespace spillway::config
