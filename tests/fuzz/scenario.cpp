// Load scenarios, recorded arrivals and lines of access logs from any text.
//
// The input: which of the three, then its text.
//
// fuzz: -dict=scenario.dict -max_len=4096

#include <algorithm>
#include <string>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "scenario/access_log.hpp"
#include "scenario/load.hpp"
#include "scenario/recorded.hpp"

namespace spillway::fuzz {
namespace {

void check_scenario(const std::string& text) {
    if (text.find("/dev") != std::string::npos) return;  // files are read that the text names
    const auto loaded = scenario::load_text(text, "/nowhere/fuzz.yaml");
    for (const auto& problem : loaded.problems)
        require(!problem.message.empty() && problem.line >= 0, "a problem without words");
    if (!loaded.problems.empty()) return;
    const std::string yaml = to_yaml(loaded.scenario);
    const auto again = scenario::load_text(yaml, "/nowhere/printed.yaml");
    require(again.problems.empty(), "what is written is refused",
            again.problems.empty() ? "" : to_string(again.problems.front()) + "\n" + yaml);
    require(to_yaml(again.scenario) == yaml, "what is written reads otherwise", yaml);
}

void check_recorded(const std::string& text) {
    config::Problems problems;
    const auto times = scenario::parse_recorded(text, "fuzz.csv", "phases.0.recorded", problems);
    if (!problems.empty()) return;
    require(std::is_sorted(times.begin(), times.end()), "arrivals that go back");
    require(times.empty() || times.front() >= core::Duration::zero(), "an arrival before time");
}

void check_log(std::string_view text) {
    std::vector<std::int64_t> seconds;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (const auto time = scenario::parse_log_time(line)) seconds.push_back(*time);
    }
    const auto arrivals = scenario::spread_seconds(seconds);
    require(arrivals.size() == seconds.size(), "lines get lost");
    require(std::is_sorted(arrivals.begin(), arrivals.end()), "arrivals that go back");
}

}  // namespace
}  // namespace spillway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace spillway::fuzz;
    Input in(data, size);
    switch (in.byte() % 3) {
        case 0:
            check_scenario(std::string(in.rest()));
            break;
        case 1:
            check_recorded(std::string(in.rest()));
            break;
        default:
            check_log(in.rest());
    }
    return 0;
}
