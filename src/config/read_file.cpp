#include "config/read_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>

#include "config/units.hpp"

namespace spillway::config {

std::optional<std::string> read_file(const std::string& path, std::uint64_t bytes_max,
                                     const Place& place, std::string_view key_path,
                                     Problems& problems) {
    const auto fail = [&] {
        problems.add(place, key_path,
                     (key_path.empty() ? "" : path + ' ') + std::string{"cannot be read: "} +
                         std::strerror(errno));
        return std::nullopt;
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                               &std::fclose};
    if (!file) return fail();
    std::string text;
    std::size_t got = 0;
    do {
        const auto room = std::clamp<std::uint64_t>(text.size(), 1U << 16U, 1U << 24U);
        const std::size_t had = text.size();
        text.resize(had + room);
        got = std::fread(text.data() + had, 1, room, file.get());
        text.resize(had + got);
        if (std::ferror(file.get()) != 0) return fail();
        if (text.size() > bytes_max) {
            problems.add(place, key_path,
                         "is too large (allowed: 0.." + format_size(bytes_max) + ")");
            return std::nullopt;
        }
    } while (got > 0);
    return text;
}

}  // namespace spillway::config
