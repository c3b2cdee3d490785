// Configuration from any text: refused with problems that can be printed, or taken and then the
// same when it is written and read again, and when it is reloaded.
//
// The input: what the machine is, then parts between bytes 0xff: the file; what is set from outside
// (--set arguments, and with a $ in front variables of the environment); and behind an empty part
// the file that a reload finds.
//
// fuzz: -dict=config.dict -max_len=8192

#include <algorithm>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/print.hpp"
#include "config/reload.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

namespace spillway::fuzz {
namespace {

using config::Config;
using config::Loaded;
using config::Machine;
using config::Override;

constexpr char mark = '\xff';

void check_problems(const std::vector<config::Problem>& problems) {
    for (const auto& problem : problems) {
        require(!problem.message.empty(), "a problem without words");
        require(problem.line >= 0 && problem.column >= 0, "a problem before its file");
        require(to_string(problem).find(problem.message) != std::string::npos, "words get lost");
    }
}

std::string words_of(const std::vector<config::Problem>& problems) {
    std::string text;
    for (const auto& problem : problems) text += to_string(problem) + "\n";
    return text;
}

void check_same(const Config& taken, const Machine& machine) {
    const std::string yaml = to_yaml(taken);
    const Loaded again = config::load_text(yaml, "printed.yaml", {}, machine);
    require(again.problems.empty(), "what print-config writes is refused",
            words_of(again.problems) + yaml);
    require(again.config == taken, "what print-config writes reads otherwise", yaml);
    require(config::difference(taken, again.config).empty(), "a difference of equals");
    static_cast<void>(to_yaml(resolve(taken, machine)));
}

void check_reload(const std::string& text, const std::vector<Override>& overrides,
                  const Machine& machine, const Config& running) {
    const auto next = config::reload_text(text, "reload.yaml", overrides, machine, running);
    check_problems(next.loaded.problems);
    if (!next.loaded.problems.empty()) return;
    for (const auto& change : next.changes)
        require(change.from != change.to, "a change to the same", change.key);
    const auto and_again =
        config::reload_text(text, "reload.yaml", overrides, machine, next.loaded.config);
    require(and_again.loaded.problems.empty(), "the same file twice is refused",
            words_of(and_again.loaded.problems));
    require(and_again.changes.empty(), "the same file twice changes something",
            and_again.changes.empty() ? "" : and_again.changes.front().key);
}

std::vector<Override> overrides_of(Input& in) {
    std::vector<std::string> variables;
    std::vector<Override> given;
    while (!in.is_empty()) {
        const auto part = in.until(mark);
        if (part.empty()) break;
        if (part.front() == '$')
            variables.push_back("SPILLWAY__" + std::string(part.substr(1)));
        else if (auto one = config::parse_set(part))
            given.push_back(*std::move(one));
    }
    std::vector<const char*> environment;
    for (const auto& variable : variables) environment.push_back(variable.c_str());
    environment.push_back(nullptr);
    auto all = config::overrides_from_environment(environment.data());
    all.insert(all.end(), given.begin(), given.end());
    return all;
}

}  // namespace
}  // namespace spillway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace spillway::fuzz;
    Input in(data, size);
    const spillway::config::Machine machine{
        .cpus = in.pick(std::array{4U, 1U, 64U}),
        .memory_bytes = in.pick(std::array<std::uint64_t, 3>{0, 64ULL << 20, 8ULL << 30})};
    const std::string text(in.until(mark));
    const auto overrides = overrides_of(in);
    const auto loaded = spillway::config::load_text(text, "fuzz.yaml", overrides, machine);
    check_problems(loaded.problems);
    if (!loaded.problems.empty()) return 0;
    check_same(loaded.config, machine);
    check_reload(text, overrides, machine, loaded.config);
    if (!in.is_empty()) check_reload(std::string(in.rest()), overrides, machine, loaded.config);
    return 0;
}
