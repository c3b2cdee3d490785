#pragma once
// The configuration read again while the service runs: what may change, what may not, and what
// would be different.

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/load.hpp"
#include "config/override.hpp"

namespace spillway::config {

/// One key, as YAML in one line; nothing: not there.
struct Change {
    std::string key;  // "limiters.resize.queue.capacity", "routes./v1/drill.deadline"
    std::string from;
    std::string to;

    friend bool operator==(const Change&, const Change&) = default;
};

struct Reloaded {
    /// As load(), and what is wrong with it for the service as it runs. Keys that cannot change
    /// have their running values.
    Loaded loaded;
    std::vector<Change> changes;  // what is different from what runs
    std::vector<Change> fixed;    // what would be, but for a restart
};

/// `running` is what runs now: what load() or an earlier reload() has given, with the pools that
/// exist. Reads the file again and those that it names, lays the same overrides on it; otherwise
/// pure.
[[nodiscard]] Reloaded reload(const std::optional<std::string>& file_path,
                              const std::vector<Override>& overrides, const Machine& machine,
                              const Config& running);

/// The same with the text of the file at hand, pure.
[[nodiscard]] Reloaded reload_text(const std::string& text, const std::string& name,
                                   const std::vector<Override>& overrides, const Machine& machine,
                                   const Config& running);

/// What is different, key by key, in the order of the file; routes go by their path.
[[nodiscard]] std::vector<Change> difference(const Config& from, const Config& to);

}  // namespace spillway::config
