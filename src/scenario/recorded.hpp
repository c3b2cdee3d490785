#pragma once
// Recorded arrival times: a text file with a time in seconds on each line, since the begin of the
// phase and in order; a CSV file of which that is the first column (its first line may have names);
// or an access log (access_log.hpp). Empty lines and those that begin with # are left out.

#include <string>
#include <vector>

#include "config/problem.hpp"
#include "spillway/core/time.hpp"

namespace spillway::scenario {

/// The times in `text`. What is wrong is added to `problems` with its line in `name`, for
/// `key_path`; the first ten of it, since a wrong file is wrong in every line. Pure.
[[nodiscard]] std::vector<core::Duration> parse_recorded(const std::string& text,
                                                         const std::string& name,
                                                         const std::string& key_path,
                                                         config::Problems& problems);

}  // namespace spillway::scenario
