#include "config/words.hpp"

#include <algorithm>
#include <array>

namespace spillway::config {

namespace {

constexpr std::array<std::string_view, 4> built_in_pages{"/", "/healthz", "/readyz", "/metrics"};
constexpr std::size_t path_length_max = 1024;

}  // namespace

const std::vector<std::string>& handlers() {
    static const std::vector<std::string> words{"resize", "drill"};
    return words;
}

bool needs_pool(std::string_view handler) { return handler == "resize" || handler == "drill"; }

const std::vector<std::string>& methods() {
    static const std::vector<std::string> words{"GET",   "HEAD",   "POST",   "PUT",
                                                "PATCH", "DELETE", "OPTIONS"};
    return words;
}

const std::vector<std::string>& public_pages() {
    static const std::vector<std::string> words{"healthz", "readyz", "metrics"};
    return words;
}

std::string wrong_with_path(std::string_view path) {
    if (!path.starts_with('/')) return "does not begin with /";
    if (path.size() > path_length_max) return "is too long";
    const bool is_visible = std::all_of(path.begin(), path.end(), [](char c) {
        return c > ' ' && c < '\x7f' &&
               std::string_view{"?#%\"\\<>{}"}.find(c) == std::string::npos;
    });
    if (!is_visible) return "has a character that no path has";
    if (std::find(built_in_pages.begin(), built_in_pages.end(), path) != built_in_pages.end()) {
        return "is a page of the service itself";
    }
    return "";
}

const std::vector<std::string>& disciplines() {
    static const std::vector<std::string> words{"fifo", "lifo", "adaptive_lifo", "deadline",
                                                "fair"};
    return words;
}

bool reads_image(std::string_view handler) { return handler == "resize"; }

}  // namespace spillway::config
