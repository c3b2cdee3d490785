#include "config/print.hpp"

#include "config/emit.hpp"
#include "config/schema.hpp"

namespace spillway::config {

std::string to_yaml(const Config& config) { return emit_document(write_config(config)); }

}  // namespace spillway::config
