#include "replay/limit_window.hpp"

namespace spillway::replay {
namespace {

/// Samples that one exact percentile may hold; 8 bytes each.
constexpr std::int64_t capacity_max = 1 << 20;

core::Duration read_duration(const Params& params, std::string_view name, std::int64_t from_ns) {
    return core::Duration{params.integer(name, from_ns, int64_max)};
}

}  // namespace

std::optional<WindowParams> read_window(const Params& params) {
    const auto window = params.object("window");
    if (!window) return std::nullopt;
    WindowParams read;
    read.options.window_min = read_duration(*window, "min_window_ns", 0);
    read.options.window_max = read_duration(*window, "max_window_ns", 0);
    if (read.options.window_min > read.options.window_max)
        window->refuse("min_window_ns", "must not be above max_window_ns");
    read.options.samples_min =
        static_cast<std::uint32_t>(window->integer("window_size", 1, count_max));
    read.options.rtt_min = read_duration(*window, "min_rtt_threshold_ns", 0);
    const auto tracker = window->text("tracker");
    if (tracker == "percentile") {
        read.percentile = window->number("percentile", {positive.from, 1});
        read.capacity = static_cast<std::size_t>(window->integer("capacity", 1, capacity_max));
    } else if (tracker == "average") {
        window->ignore("percentile");
        window->ignore("capacity");
    } else {
        window->refuse("tracker", "must be average or percentile");
    }
    window->done();
    return read;
}

}  // namespace spillway::replay
