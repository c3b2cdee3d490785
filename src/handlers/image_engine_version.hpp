#pragma once
// Which libvips this process runs with.

#include <string>

namespace spillway::handlers {

[[nodiscard]] std::string image_engine_version();

}  // namespace spillway::handlers
