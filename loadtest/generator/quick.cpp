#include "generator/quick.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string_view>
#include <utility>

#include "generator/target.hpp"

namespace spillway::loadtest {

namespace {

/// JSON's text is YAML's double-quoted text.
std::string quoted(const std::string& text) {
    return boost::json::serialize(boost::json::value(text));
}

/// Numbers as they are, all else quoted: what was said must not become YAML of another shape.
std::string plain(const std::string& text) {
    const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
    return is_number && !text.empty() ? text : quoted(text);
}

std::string with_unit(const std::string& rate) {
    const bool is_bare = rate.find_first_not_of("0123456789.") == std::string::npos;
    return is_bare && !rate.empty() ? rate + "/s" : rate;
}

/// Where a value came from, for those who never saw the key.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> flags{{
    {"phases.0.rate", "--rate"},
    {"phases.0.for", "--for"},
    {"connections", "--connections"},
    {"slo", "--slo"},
    {"timeout", "--timeout"},
    {"target", "URL"},
    {"clients.all.path", "URL"},
    {"phases.0", "--rate, --for"},
}};

}  // namespace

scenario::Loaded quick_scenario(const Quick& quick, std::vector<config::Override> overrides) {
    const auto target = parse_target(quick.url);
    if (!target) {
        scenario::Loaded loaded;
        loaded.problems.push_back(
            {"", 0, 0, "URL", quick.url + " is not of the form http://host[:port]/path"});
        return loaded;
    }
    std::string text = "name: quick\ntarget: " + quoted("http://" + target->host_and_port()) + "\n";
    const auto line = [&text](std::string_view key, const std::string& value) {
        if (!value.empty()) text.append(key).append(": ").append(plain(value)).append("\n");
    };
    line("connections", quick.connections);
    line("slo", quick.slo);
    line("timeout", quick.timeout);
    text += "clients: {all: {path: " + quoted(target->path) + "}}\nphases:\n  - name: all\n";
    line("    for", quick.length);
    line("    rate", with_unit(quick.rate));
    line("    arrivals", quick.is_poisson ? "poisson" : "constant");
    auto loaded = scenario::load_text(text, "", overrides);
    for (auto& problem : loaded.problems) {
        if (!problem.origin.empty()) continue;
        problem.line = problem.column = 0;
        for (const auto& [key, flag] : flags)
            if (problem.key_path == key) problem.key_path = flag;
    }
    return loaded;
}

std::vector<config::Override> overrides_of(const Quick& quick, const std::string& target) {
    std::vector<config::Override> overrides;
    const auto add = [&](const char* key, const char* flag, const std::string& value) {
        if (!value.empty()) overrides.push_back({key, plain(value), flag, false});
    };
    add("target", "--target", target);
    add("connections", "--connections", quick.connections);
    add("slo", "--slo", quick.slo);
    add("timeout", "--timeout", quick.timeout);
    return overrides;
}

}  // namespace spillway::loadtest
