#include "handlers/drill_params.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace spillway::handlers {
namespace {

/// Sets `field` to what was parsed; false when that is nothing.
template <class Field, class Value>
bool set(Field& field, const std::optional<Value>& parsed) {
    if (parsed) field = *parsed;
    return parsed.has_value();
}

constexpr std::string_view ms_allowed = "a whole number from 0 to 10000";
static_assert(drill_ms_max == 10'000, "the sentence above says so");
static_assert(drill_bytes_max == 10'485'760, "the rule of `bytes` says so");

constexpr std::array<ParamRule<DrillParams>, 4> rules{{
    {"cpu_ms", ms_allowed,
     [](DrillParams& p, std::string_view text) {
         return set(p.cpu_ms, parse_whole(text, 0, drill_ms_max));
     }},
    {"sleep_ms", ms_allowed,
     [](DrillParams& p, std::string_view text) {
         return set(p.sleep_ms, parse_whole(text, 0, drill_ms_max));
     }},
    {"bytes", "a whole number from 0 to 10485760",
     [](DrillParams& p, std::string_view text) {
         return set(p.bytes, parse_whole(text, 0, drill_bytes_max));
     }},
    {"fail", "a probability from 0 to 1, such as 0.25",
     [](DrillParams& p, std::string_view text) { return set(p.fail, parse_decimal(text, 0, 1)); }},
}};

}  // namespace

std::variant<DrillParams, ParamProblem> parse_drill_params(const QueryParams& params) {
    DrillParams out;
    if (auto problem = apply_params(params, rules, out)) return *std::move(problem);
    return out;
}

}  // namespace spillway::handlers
