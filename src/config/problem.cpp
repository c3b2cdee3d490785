#include "config/problem.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace spillway::config {

std::string to_string(const Problem& problem) {
    std::string line = problem.origin.empty() ? "defaults" : problem.origin;
    if (problem.line > 0) {
        line += ':' + std::to_string(problem.line) + ':' + std::to_string(problem.column);
    }
    if (!problem.key_path.empty()) line += ": " + problem.key_path;
    return line + ": " + problem.message;
}

void Problems::add(const Place& place, std::string_view key_path, std::string message) {
    Problem problem{place.origin, place.line, place.column, std::string{key_path},
                    std::move(message)};
    if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end()) {
        problems_.push_back(std::move(problem));
    }
}

bool Problems::has(std::string_view key_path) const {
    return std::any_of(problems_.begin(), problems_.end(),
                       [&](const Problem& problem) { return problem.key_path == key_path; });
}

bool Problems::has_under(std::string_view key_path) const {
    return std::any_of(problems_.begin(), problems_.end(), [&](const Problem& problem) {
        const std::string_view path = problem.key_path;
        return path.starts_with(key_path) &&
               (path.size() == key_path.size() || path[key_path.size()] == '.');
    });
}

std::vector<Problem> Problems::sorted(std::string_view file) const {
    std::vector<Problem> sorted = problems_;
    std::stable_sort(sorted.begin(), sorted.end(), [&](const Problem& a, const Problem& b) {
        const bool a_elsewhere = a.origin != file;
        const bool b_elsewhere = b.origin != file;
        return std::tuple(a_elsewhere, a.line, a.column) <
               std::tuple(b_elsewhere, b.line, b.column);
    });
    return sorted;
}

}  // namespace spillway::config
