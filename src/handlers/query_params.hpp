#pragma once
// Query parameters read by a table of rules: one rule per parameter, one sentence per mistake. What
// the caller wrote is echoed, but shortened and in printable ASCII only.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::handlers {

/// Names and values as they came, percent-decoded, in the order of the query.
using QueryParams = std::vector<std::pair<std::string, std::string>>;

/// Why the parameters cannot be used: a sentence that names the parameter and what is allowed.
struct ParamProblem {
    std::string detail;
};

/// One parameter of a handler whose parameters are the fields of `Target`.
template <class Target>
struct ParamRule {
    std::string_view name;
    std::string_view allowed;                // as in "width must be <allowed>"
    bool (*set)(Target&, std::string_view);  // false: the value is not allowed
};

/// A decimal whole number, digits only, within [min, max]; otherwise nothing.
[[nodiscard]] std::optional<std::uint32_t> parse_whole(std::string_view text, std::uint32_t min,
                                                       std::uint32_t max) noexcept;

/// A decimal number such as 0.25 within [min, max], without exponent; otherwise nothing.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text, double min,
                                                  double max) noexcept;

/// `text` in double quotes for a message: at most 64 characters of it, with a '?' for each one that
/// is not printable ASCII or is a quote or backslash.
[[nodiscard]] std::string quoted(std::string_view text);

/// The sentences of the three mistakes.
[[nodiscard]] ParamProblem unknown_param(std::string_view name, std::string_view known_names);
[[nodiscard]] ParamProblem repeated_param(std::string_view name);
[[nodiscard]] ParamProblem bad_param(std::string_view name, std::string_view allowed,
                                     std::string_view value);

/// Sets the fields of `target` by the rules and returns the first mistake: a parameter that no rule
/// knows, one given twice, a value that is not allowed. O(parameters x rules); a repeated name ends
/// it, so at most rules + 1 parameters are looked at.
template <class Target, std::size_t N>
[[nodiscard]] std::optional<ParamProblem> apply_params(
    const QueryParams& params, const std::array<ParamRule<Target>, N>& rules, Target& target) {
    std::array<bool, N> seen{};
    for (const auto& [name, value] : params) {
        const auto rule =
            std::ranges::find(rules, std::string_view(name), &ParamRule<Target>::name);
        if (rule == rules.end()) {
            std::string known;
            for (const auto& each : rules)
                known.append(known.empty() ? "" : ", ").append(each.name);
            return unknown_param(name, known);
        }
        bool& was_seen = seen[static_cast<std::size_t>(rule - rules.begin())];
        if (std::exchange(was_seen, true)) return repeated_param(rule->name);
        if (!rule->set(target, value)) return bad_param(rule->name, rule->allowed, value);
    }
    return std::nullopt;
}

}  // namespace spillway::handlers
