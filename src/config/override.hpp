#pragma once
// Single keys set from outside the file: --set key.path=value and SPILLWAY__KEY__PATH=value.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

struct Override {
    std::string key_path;    // "server.listen", "routes.0.deadline"
    std::string yaml_value;  // a scalar where a list is expected is a list of one
    std::string origin;      // "--set server.listen" or "environment SPILLWAY__SERVER__LISTEN"
    bool is_loose = false;   // environment names know neither case nor "-": see merge_at()
};

/// `key.path=value`; nullopt without a `=` or without a key.
[[nodiscard]] std::optional<Override> parse_set(std::string_view argument);

/// Every variable whose name begins with SPILLWAY__, in the order of their names, so that a whole
/// section comes before a key in it. `environ`: null-terminated NAME=value strings, as main() has.
[[nodiscard]] std::vector<Override> overrides_from_environment(const char* const* environ);

}  // namespace spillway::config
