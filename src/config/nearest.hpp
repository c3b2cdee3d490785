#pragma once
// "Did you mean ...?"

#include <span>
#include <string>
#include <string_view>

namespace spillway::config {

/// The candidate that is most like `word`, or empty when none is close: at most a third of the
/// longer one's letters differ (by insertion, deletion, replacement or a swap of neighbours).
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// `, did you mean X?` or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace spillway::config
