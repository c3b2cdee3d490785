#pragma once
// The words that a configuration may use, and those whose stage this build does not have yet.

#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

/// Handlers of this build.
[[nodiscard]] const std::vector<std::string>& handlers();

/// True for handlers that run as jobs on a pool.
[[nodiscard]] bool needs_pool(std::string_view handler);

/// Methods that a route may list.
[[nodiscard]] const std::vector<std::string>& methods();

/// Pages of the control listener that may also be on the public one.
[[nodiscard]] const std::vector<std::string>& public_pages();

/// What is wrong with the path of a route; empty: nothing.
[[nodiscard]] std::string wrong_with_path(std::string_view path);

/// Orders of a queue; in the order of core::Discipline.
[[nodiscard]] const std::vector<std::string>& disciplines();

/// True for handlers whose body is an image in memory: those that can be priced by its pixels.
[[nodiscard]] bool reads_image(std::string_view handler);

}  // namespace spillway::config
