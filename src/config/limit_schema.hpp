#pragma once
// Which keys of `limiters.NAME.limit` an algorithm has, and what in it cannot work.

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace spillway::config {

template <>
const Table<Limit>& table<Limit>();

/// The words of `limit.algorithm`.
[[nodiscard]] std::vector<std::string> algorithms();

/// Its keys beside `algorithm`, in the order of the documents; empty for an unknown one.
[[nodiscard]] std::vector<std::string> algorithm_keys(const std::string& algorithm);
[[nodiscard]] bool is_key_of(const std::string& algorithm, const std::string& key);

/// Adds what is wrong with the limits of all limiters that have a pool: parameters of other
/// algorithms, bounds that contradict each other. `tree` as for check().
void check_limits(const Config& config, const Value& tree, const Machine& machine,
                  Problems& problems);

}  // namespace spillway::config
