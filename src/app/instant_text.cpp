#include "app/instant_text.hpp"

#include <array>
#include <chrono>

#include "spillway/async/steady_now.hpp"

namespace spillway::app {

std::string instant_text(core::TimePoint at) {
    using namespace std::chrono;
    const auto wall = system_clock::now() - (async::steady_now() - at);
    const auto ms = duration_cast<milliseconds>(wall.time_since_epoch()).count();
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%FT%T.", &utc);
    const std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
    return std::string(text.data(), size) + fraction + 'Z';
}

}  // namespace spillway::app
