#pragma once
// The balanced account: every offered request, by how it ended.

#include <string>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

struct NamedSlice {
    std::string name;
    const Slice* slice;
};

/// Rows of 100 %, one for each slice, and the legend of all endings that occur.
[[nodiscard]] std::string account_bars(const std::vector<NamedSlice>& slices);

/// The same in figures, with a last column that says whether they add up.
[[nodiscard]] std::string account_table(const std::vector<NamedSlice>& slices);

/// Refusals by status and reason, errors by status, failures and unsent by cause; may be empty.
[[nodiscard]] std::string causes_table(const Slice& slice);

/// The whole run, its phases if there are several, its kinds if there are several.
[[nodiscard]] std::vector<NamedSlice> slices_of(const Result& result);

}  // namespace spillway::loadtest
