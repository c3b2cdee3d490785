#include "handlers/image_engine_version.hpp"

#include "handlers/image_vips.hpp"

namespace spillway::handlers {

std::string image_engine_version() { return vips_version_string(); }

}  // namespace spillway::handlers
