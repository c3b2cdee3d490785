#pragma once
// Scenarios in a few lines, and runs that are watched.

#include <gtest/gtest.h>

#include <string>

#include "scenario/load.hpp"
#include "simulate/simulation.hpp"

namespace spillway::simulate {

/// A checked scenario, with one kind of clients unless the text names others.
inline scenario::Scenario scenario_of(const std::string& yaml) {
    std::string text = "name: test\n" + yaml;
    if (yaml.find("clients:") == std::string::npos) text += "\nclients: {a: {path: /a}}\n";
    scenario::Loaded loaded = scenario::load_text(text, "test");
    EXPECT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front()) << '\n' << text;
    return std::move(loaded.scenario);
}

inline Result run(const std::string& yaml) {
    const scenario::Scenario scenario = scenario_of(yaml);
    return simulate(scenario);
}

inline std::uint64_t rejected(const Account& account, core::RejectReason reason) {
    return account.rejected[static_cast<std::size_t>(reason)];
}

}  // namespace spillway::simulate
