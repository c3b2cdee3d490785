#pragma once
// A result as JSON and back. The members are the fields of result.hpp under their own names.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

/// One object on one line, with a line end.
[[nodiscard]] std::string to_json(const Result& result);

/// {"open": ..., "closed": ...}
[[nodiscard]] std::string to_json(const Result& open, const Result& closed);

/// Nothing when the text is no JSON or not a result; then `why` says what is wrong with it.
[[nodiscard]] std::optional<Result> result_from_json(std::string_view text, std::string& why);

/// What a file of either form has: one result, or an open and a closed one. Empty as above.
[[nodiscard]] std::vector<Result> results_from_json(std::string_view text, std::string& why);

}  // namespace spillway::loadtest
