#pragma once
// What is wrong with a configuration, and where.

#include <string>
#include <string_view>
#include <vector>

#include "config/value.hpp"

namespace spillway::config {

struct Problem {
    std::string origin;  // file, or origin of the override; empty: the defaults
    int line = 0;        // 1-based; 0: none
    int column = 0;
    std::string key_path;  // "routes.0.deadline"; empty: the file as a whole
    std::string message;   // what is wrong (what is allowed)

    friend bool operator==(const Problem&, const Problem&) = default;
};

/// `FILE:LINE:COL: key.path: message`; parts that are not known are left out.
[[nodiscard]] std::string to_string(const Problem& problem);

/// Collects problems; each is kept once. Not thread-safe.
class Problems {
public:
    void add(const Place& place, std::string_view key_path, std::string message);

    /// True when `key_path` itself has been found wrong already.
    [[nodiscard]] bool has(std::string_view key_path) const;

    /// True when `key_path` itself or something below it has been found wrong already.
    [[nodiscard]] bool has_under(std::string_view key_path) const;

    [[nodiscard]] bool empty() const { return problems_.empty(); }

    /// The problems of the file by line and column, then those of the overrides in the order found.
    [[nodiscard]] std::vector<Problem> sorted(std::string_view file) const;

private:
    std::vector<Problem> problems_;
};

}  // namespace spillway::config
