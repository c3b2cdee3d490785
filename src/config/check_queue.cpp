#include <string_view>
#include <utility>

#include "config/check_limiter.hpp"
#include "config/units.hpp"

namespace spillway::config {

std::string culprit(const Value& tree, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        if (!nearest_value(tree, path).place.origin.empty()) return path;
    }
    return paths.front();
}

void check_queue(const std::string& path, const Queue& queue, const Value& tree,
                 Problems& problems) {
    const auto complain = [&](const std::vector<std::string>& keys, std::string message) {
        const std::string at = culprit(tree, keys);
        if (!problems.has_under(at))
            problems.add(nearest_value(tree, at).place, at, std::move(message));
    };
    const std::string marks_path = join(path, "watermarks");
    const auto& marks = queue.watermarks;
    if (marks && marks->low > marks->high && !problems.has_under(marks_path)) {
        complain({join(marks_path, "low"), join(marks_path, "high")},
                 "low " + std::to_string(marks->low) + " is above high " +
                     std::to_string(marks->high) + " (allowed: low at most high)");
    }
    const auto& codel = queue.codel;
    if (codel && codel->target && codel->interval && *codel->target >= *codel->interval) {
        complain({join(path, "codel.target"), join(path, "codel.interval")},
                 "target " + format_duration(*codel->target) + " is not below interval " +
                     format_duration(*codel->interval) + " (allowed: target below interval)");
    }
}

void check_rate(const std::string& path, const std::optional<Rate>& rate, const Value& tree,
                Problems& problems) {
    if (!rate || problems.has_under(path)) return;
    for (const std::string_view problem : resolve_rate(*rate).validate()) {
        // The core names the key first: "burst must be at most ...".
        const std::string at = join(path, problem.substr(0, problem.find(' ')));
        problems.add(nearest_value(tree, at).place, at,
                     "is out of range (allowed: " + std::string{problem} + ")");
    }
}

}  // namespace spillway::config
