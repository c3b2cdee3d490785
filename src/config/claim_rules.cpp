#include "config/claim_rules.hpp"

#include <algorithm>
#include <utility>

#include "config/nearest.hpp"
#include "config/section.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::config {

namespace {

constexpr std::string_view header_prefix = "header:";
constexpr std::size_t name_length_max = 64;
constexpr std::size_t tenants_max = 256;  // each is a set of metric series
constexpr std::uint64_t pixels_each_max = 10'000'000'000;
constexpr const char* cost_allowed =
    "1..2097151, {per_bytes: 1..1TiB} or {per_pixels: 1..10000000000}";
constexpr const char* tenants_allowed =
    "up to 256 names of 1..64 visible characters, none of them other";

bool is_token(std::string_view name) {
    return !name.empty() && name.size() <= name_length_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
           });
}

/// `other` is the label of everybody without a share.
bool is_tenant(std::string_view name) {
    return !name.empty() && name.size() <= name_length_max && name != "other" &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Parsed<Cost> wrong(std::string error) { return {std::nullopt, std::move(error)}; }

Parsed<Cost> cost_per(Cost::Per per, const Rule<std::uint64_t>& rule, const Value& value) {
    Parsed<std::uint64_t> parsed = rule.parse(value);
    if (!parsed.value) return wrong(value.key + ": " + parsed.error);
    return {Cost{per, *parsed.value}, {}};
}

}  // namespace

Rule<std::string> word_or_header(std::vector<std::string> words) {
    std::string allowed;
    for (const std::string& word : words) allowed += word + ", ";
    return text(allowed + "header:NAME", [words](std::string_view value) -> std::string {
        if (std::find(words.begin(), words.end(), value) != words.end()) return "";
        if (!value.starts_with(header_prefix)) return "is not known" + did_you_mean(value, words);
        return is_token(header_of(value)) ? "" : "has no name of a header field";
    });
}

std::string_view header_of(std::string_view text) {
    if (!text.starts_with(header_prefix)) return {};
    return text.substr(header_prefix.size());
}

Rule<Cost> cost() {
    const auto units = long_count(1, core::Occupancy::count_max);
    const auto bytes = size(1, std::uint64_t{1} << 40U);
    const auto pixels = long_count(1, pixels_each_max);
    const std::vector<std::string> keys{"per_bytes", "per_pixels"};
    return {
        cost_allowed,
        [units, bytes, pixels, keys](const Value& value) -> Parsed<Cost> {
            if (!value.is_map()) {
                Parsed<std::uint64_t> parsed = units.parse(value);
                if (!parsed.value) return wrong(std::move(parsed.error));
                return {Cost{Cost::Per::request, *parsed.value}, {}};
            }
            if (value.children.size() != 1) return wrong("expected one key");
            const Value& only = value.children.front();
            if (only.key == "per_bytes") return cost_per(Cost::Per::byte, bytes, only);
            if (only.key == "per_pixels") return cost_per(Cost::Per::pixel, pixels, only);
            return wrong("unknown key " + only.key + did_you_mean(only.key, keys));
        },
        [units, bytes, pixels](const Cost& cost) {
            if (cost.per == Cost::Per::request) return units.format(cost.number);
            Value map = Value::map();
            if (cost.per == Cost::Per::byte) map.add("per_bytes", bytes.format(cost.number));
            if (cost.per == Cost::Per::pixel) map.add("per_pixels", pixels.format(cost.number));
            return map;
        },
    };
}

void check_tenants(const Value& map, const std::string& path, Problems& problems) {
    for (const Value& entry : map.children) {
        if (is_tenant(entry.key)) continue;
        problems.add(entry.key_place, join(path, entry.key),
                     std::string{"is not a tenant's name (allowed: "} + tenants_allowed + ")");
    }
    if (map.children.size() > tenants_max) {
        complain(problems, map, path, "has too many entries", tenants_allowed);
    }
}

}  // namespace spillway::config
