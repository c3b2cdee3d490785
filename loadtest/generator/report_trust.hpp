#pragma once
// Can the figures be believed? What the generator knows against itself, and whether the server's
// own counters say the same.

#include <string>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

enum class Trust { good, doubtful, bad };

struct Verdict {
    Trust trust = Trust::good;
    std::string what;  // one sentence
};

/// Everything that is to be said for or against a run, the worst first. Never empty.
[[nodiscard]] std::vector<Verdict> verdicts_of(const Result& result);

/// The worst of them.
[[nodiscard]] Trust trust_of(const std::vector<Verdict>& verdicts);

/// The verdicts as a section, with the comparison of both accounts as a table. `which` is for pages
/// of several runs: "A" stands before the headline.
[[nodiscard]] std::string trust_section(const Result& result, const std::string& which = "");

/// One line for the head of the page, which leads to the section.
[[nodiscard]] std::string trust_badge(const Result& result, const std::string& which = "");

}  // namespace spillway::loadtest
