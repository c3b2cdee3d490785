#include "scenario/template.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace spillway::scenario {

namespace {

constexpr std::string_view range_begin = "random:";

struct Range {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

std::optional<Range> parse_range(std::string_view name) {
    if (!name.starts_with(range_begin)) return std::nullopt;
    name.remove_prefix(range_begin.size());
    const auto dash = name.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto low = number(name.substr(0, dash));
    const auto high = number(name.substr(dash + 1));
    if (!low || !high || *low > *high) return std::nullopt;
    return Range{*low, *high};
}

bool is_known(std::string_view name) {
    return name == "n" || name == "tenant" || name == "random" || parse_range(name);
}

void append(std::string& out, std::uint64_t value, int base) {
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value, base).ptr;
    if (base == 16) out.append(16 - static_cast<std::size_t>(end - digits), '0');
    out.append(digits, end);
}

}  // namespace

std::string wrong_with_template(std::string_view text) {
    while (true) {
        const auto open = text.find_first_of("{}");
        if (open == std::string_view::npos) return "";
        const auto close = text.find_first_of("{}", open + 1);
        const bool is_pair =
            text[open] == '{' && close != std::string_view::npos && text[close] == '}';
        if (!is_pair) return "has a brace without its partner";
        const std::string_view name = text.substr(open + 1, close - open - 1);
        if (!is_known(name)) return "has an unknown placeholder {" + std::string{name} + "}";
        text.remove_prefix(close + 1);
    }
}

Template::Template(std::string_view text) {
    while (!text.empty()) {
        const auto open = text.find('{');
        if (open > 0) parts_.push_back({What::literal, std::string{text.substr(0, open)}, 0, 0});
        if (open == std::string_view::npos) return;
        has_placeholders_ = true;
        const auto close = text.find('}', open);
        const std::string_view name = text.substr(open + 1, close - open - 1);
        if (const auto range = parse_range(name)) {
            parts_.push_back({What::range, {}, range->low, range->high});
        } else {
            const What what = name == "n"        ? What::number
                              : name == "tenant" ? What::tenant
                                                 : What::digits;
            parts_.push_back({what, {}, 0, 0});
        }
        text.remove_prefix(close + 1);
    }
}

bool Template::uses_tenant() const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [](const Part& part) { return part.what == What::tenant; });
}

void Template::render(std::string& out, std::uint64_t n, std::string_view tenant,
                      Random& random) const {
    for (const Part& part : parts_) {
        switch (part.what) {
            case What::literal:
                out += part.literal;
                break;
            case What::number:
                append(out, n, 10);
                break;
            case What::tenant:
                out += tenant;
                break;
            case What::digits:
                append(out, random.bits(), 16);
                break;
            case What::range:
                append(out, part.low + random.below(part.high - part.low + 1), 10);
                break;
        }
    }
}

}  // namespace spillway::scenario
