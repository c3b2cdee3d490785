// docs/load.md and the schema say the same.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "scenario/load.hpp"
#include "scenario/schema.hpp"

namespace spillway::scenario {

namespace {

const std::string root = SPILLWAY_SOURCE_DIR;

std::string page() {
    std::ifstream file{root + "/docs/load.md"};
    EXPECT_TRUE(file);
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

/// The service's own keys are in docs/config.md, which is held to its schema by itself.
std::vector<config::KeyInfo> keys_of_scenarios() {
    std::vector<config::KeyInfo> keys = all_keys();
    std::erase_if(keys, [](const config::KeyInfo& key) {
        return key.path.starts_with("limiter.limit.") || key.path.starts_with("limiter.queue.") ||
               key.path.starts_with("limiter.rate.");
    });
    return keys;
}

}  // namespace

TEST(Reference, has_a_row_for_every_key_and_no_other) {
    const std::string text = page();
    for (const config::KeyInfo& key : keys_of_scenarios()) {
        const std::string shown =
            key.default_text.empty() ? "required" : "`" + key.default_text + "`";
        const std::string row = "| `" + key.path + "` | " + shown + " | " + key.allowed + " | ";
        EXPECT_NE(text.find(row), std::string::npos) << "no row begins with: " << row;
    }
    std::istringstream section{text.substr(text.find("\n## Keys"))};
    std::size_t rows = 0;
    for (std::string line; std::getline(section, line) && !line.starts_with("## Arrivals");) {
        if (line.starts_with("| `")) ++rows;
    }
    EXPECT_EQ(rows, keys_of_scenarios().size());
}

TEST(Reference, the_example_is_valid) {
    const std::string text = page();
    std::istringstream section{text.substr(text.find("\n## A scenario"))};
    std::string example;
    for (std::string line; std::getline(section, line) && !line.starts_with("## Keys");) {
        if (line.starts_with("    ")) example += line.substr(4) + '\n';
    }
    const Loaded loaded = load_text(example, "example");
    EXPECT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
    EXPECT_EQ(loaded.scenario.phases.size(), 3u);
}

TEST(Reference, names_every_committed_scenario) {
    const std::string text = page();
    for (const auto& entry : std::filesystem::directory_iterator{root + "/loadtest/scenarios"}) {
        if (entry.path().extension() != ".yaml") continue;
        const std::string name = "`" + entry.path().stem().string() + "`";
        EXPECT_NE(text.find(name), std::string::npos) << name;
    }
}

}  // namespace spillway::scenario
