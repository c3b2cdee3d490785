#include "scenario/rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/address.hpp"
#include "config/section.hpp"
#include "config/units.hpp"
#include "scenario/template.hpp"

namespace spillway::scenario {

namespace {

using config::format_decimal;
using config::join;
using config::parse_decimal;
using config::Parsed;
using config::Problems;
using config::Rule;
using config::Value;

constexpr double rate_max = 10'000'000;
constexpr const char* rate_allowed = "0/s..10000000/s, a ramp such as 10..1000/s, or none";
constexpr std::size_t path_length_max = 2048;
constexpr std::size_t header_length_max = 4096;
constexpr std::size_t name_length_max = 64;
constexpr std::size_t title_length_max = 80;

constexpr std::string_view scheme = "http://";

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_control(char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }

std::optional<Rate> parse_rate(std::string_view text) {
    if (!text.ends_with("/s")) return std::nullopt;
    text.remove_suffix(2);
    const auto dots = text.find("..");
    const auto begin = parse_decimal(text.substr(0, dots));
    const auto end = dots == std::string_view::npos ? begin : parse_decimal(text.substr(dots + 2));
    if (!begin || !end) return std::nullopt;
    return Rate{*begin, *end};
}

/// What is wrong with `http://host:port`; what follows the port is left in `text`.
std::string wrong_with_origin(std::string_view& text) {
    if (!text.starts_with(scheme)) return "does not begin with http://";
    text.remove_prefix(scheme.size());
    const auto slash = std::min(text.find('/'), text.size());
    const auto endpoint = config::parse_endpoint(text.substr(0, slash));
    if (!endpoint || endpoint->port == 0) return "has no address with a port";
    text.remove_prefix(slash);
    return "";
}

bool is_request_target(std::string_view text) {
    return text.starts_with('/') && text.size() <= path_length_max &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

/// Fields that say how the message is framed or routed, or that have keys of their own.
bool is_reserved_field(std::string_view name) {
    std::string low{name};
    std::transform(low.begin(), low.end(), low.begin(), lower);
    constexpr std::array<std::string_view, 8> reserved{
        "host",   "content-length", "transfer-encoding", "connection",
        "expect", "upgrade",        "request-timeout",   "priority"};
    return std::find(reserved.begin(), reserved.end(), low) != reserved.end();
}

bool is_token(std::string_view name) {
    return !name.empty() && name.size() <= name_length_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_letter_or_digit(c) ||
                      std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
           });
}

bool is_tenant(std::string_view name) {
    return !name.empty() && name.size() <= name_length_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
           });
}

}  // namespace

Rule<std::optional<Rate>> rate() {
    using Result = Parsed<std::optional<Rate>>;
    return {
        rate_allowed,
        [](const Value& value) -> Result {
            if (!value.is_scalar()) {
                return {std::nullopt, "expected a rate, got " + std::string{kind_name(value)}};
            }
            if (value.text == "none") return {std::optional<Rate>{}, {}};
            const auto parsed = parse_rate(value.text);
            if (!parsed) return {std::nullopt, '"' + value.text + "\" is not a rate"};
            if (std::max(parsed->begin, parsed->end) > rate_max) {
                return {std::nullopt, '"' + value.text + "\" is out of range"};
            }
            return {parsed, {}};
        },
        [](const std::optional<Rate>& rate) {
            if (!rate) return Value::scalar("none");
            std::string text = format_decimal(rate->begin);
            if (rate->end != rate->begin) text += ".." + format_decimal(rate->end);
            return Value::scalar(text + "/s");
        },
    };
}

Rule<Millis> some_time() {
    return config::duration(std::chrono::milliseconds{1}, std::chrono::hours{24});
}

Rule<std::string> target() {
    return config::text("http://host:port", [](std::string_view text) -> std::string {
        std::string wrong = wrong_with_origin(text);
        if (wrong.empty() && !text.empty()) wrong = "has something after the port";
        return wrong;
    });
}

Rule<std::string> metrics_url() {
    return config::text("http://host:port/path, auto or none",
                        [](std::string_view text) -> std::string {
                            if (text == "auto" || text == "none") return "";
                            std::string wrong = wrong_with_origin(text);
                            if (wrong.empty() && !is_request_target(text)) wrong = "has no path";
                            return wrong;
                        });
}

Rule<std::string> request_path() {
    return config::text(
        "begins with /, at most 2048 visible characters; placeholders {n}, {tenant}, {random}, "
        "{random:LOW-HIGH}",
        [](std::string_view text) -> std::string {
            return is_request_target(text) ? wrong_with_template(text)
                                           : "is not the path of a request";
        });
}

Rule<std::string> header_value() {
    return config::text(
        "at most 4096 characters; placeholders {n}, {tenant}, {random}, {random:LOW-HIGH}",
        [](std::string_view text) -> std::string {
            if (text.size() > header_length_max) return "is too long";
            if (std::any_of(text.begin(), text.end(), is_control)) return "has control characters";
            return wrong_with_template(text);
        });
}

Rule<std::string> title() {
    return config::text("1..80 characters", [](std::string_view text) -> std::string {
        if (text.empty() || text.size() > title_length_max) return "is not a name";
        return std::any_of(text.begin(), text.end(), is_control) ? "has control characters" : "";
    });
}

void check_header_names(const Value& map, const std::string& path, Problems& problems) {
    for (const Value& entry : map.children) {
        if (!is_token(entry.key)) {
            problems.add(entry.key_place, join(path, entry.key),
                         "is not the name of a header field (allowed: tokens of 1..64 characters)");
        } else if (is_reserved_field(entry.key)) {
            problems.add(entry.key_place, join(path, entry.key),
                         "is written by the generator itself (allowed: other fields; see deadline, "
                         "urgency and new_connection)");
        }
    }
    if (map.children.size() > headers_max) {
        complain(problems, map, path, "has too many entries",
                 "up to " + std::to_string(headers_max));
    }
}

void check_tenant_names(const Value& map, const std::string& path, Problems& problems) {
    for (const Value& entry : map.children) {
        if (is_tenant(entry.key)) continue;
        problems.add(entry.key_place, join(path, entry.key),
                     "is not a tenant's name (allowed: 1..64 letters, digits, - _ and .)");
    }
    if (map.children.size() > tenants_max) {
        complain(problems, map, path, "has too many entries",
                 "up to " + std::to_string(tenants_max));
    }
}

}  // namespace spillway::scenario
