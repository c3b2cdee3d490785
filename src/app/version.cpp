#include "app/version.hpp"

#include <boost/version.hpp>

#include "handlers/image_engine_version.hpp"
#include "spillway/tls/context.hpp"
#include "telemetry/log_version.hpp"

namespace spillway::app {

std::string_view version() noexcept { return SPILLWAY_VERSION; }

std::string_view compiler() noexcept {
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

std::string_view boost_version() noexcept { return BOOST_LIB_VERSION; }

std::string version_text() {
    std::string text = "spillway " + std::string(version()) + "\ncompiler " +
                       std::string(compiler()) + "\nboost " + std::string(boost_version());
    text += "\nvips " + handlers::image_engine_version();
    text += "\nopenssl " + tls::version();
    text += "\nspdlog " + telemetry::log_version();
    return text + "\n";
}

}  // namespace spillway::app
