#include "handlers/resize_params.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace spillway::handlers {
namespace {

template <class Value, std::size_t N>
using Names = std::array<std::pair<std::string_view, Value>, N>;

constexpr Names<Fit, 3> fits{{{"inside", Fit::inside}, {"cover", Fit::cover}, {"fill", Fit::fill}}};
constexpr Names<Format, 3> formats{
    {{"jpeg", Format::jpeg}, {"png", Format::png}, {"webp", Format::webp}}};
constexpr Names<bool, 2> booleans{{{"true", true}, {"false", false}}};

/// Sets `field` to the value called `text`; false when there is none of that name.
template <class Field, class Value, std::size_t N>
bool set_named(Field& field, std::string_view text, const Names<Value, N>& names) {
    const auto found = std::ranges::find(names, text, &std::pair<std::string_view, Value>::first);
    if (found == names.end()) return false;
    field = found->second;
    return true;
}

bool set_side(std::optional<std::uint32_t>& side, std::string_view text) {
    side = parse_whole(text, 1, side_px_max);
    return side.has_value();
}

constexpr std::string_view side_allowed = "a whole number from 1 to 8192";
static_assert(side_px_max == 8192, "the sentence above says so");

constexpr std::array<ParamRule<ResizeParams>, 6> rules{{
    {"width", side_allowed,
     [](ResizeParams& p, std::string_view text) { return set_side(p.width, text); }},
    {"height", side_allowed,
     [](ResizeParams& p, std::string_view text) { return set_side(p.height, text); }},
    {"fit", "inside, cover or fill",
     [](ResizeParams& p, std::string_view text) { return set_named(p.fit, text, fits); }},
    {"format", "jpeg, png or webp",
     [](ResizeParams& p, std::string_view text) { return set_named(p.format, text, formats); }},
    {"quality", "a whole number from 1 to 100",
     [](ResizeParams& p, std::string_view text) {
         const auto quality = parse_whole(text, 1, 100);
         p.quality = quality.value_or(p.quality);
         return quality.has_value();
     }},
    {"enlarge", "true or false",
     [](ResizeParams& p, std::string_view text) { return set_named(p.enlarge, text, booleans); }},
}};

}  // namespace

std::variant<ResizeParams, ParamProblem> parse_resize_params(const QueryParams& params) {
    ResizeParams out;
    if (auto problem = apply_params(params, rules, out)) return *std::move(problem);
    if (!out.width && !out.height) {
        return ParamProblem{"width or height must be given, each a whole number from 1 to 8192"};
    }
    return out;
}

}  // namespace spillway::handlers
