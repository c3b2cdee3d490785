#pragma once
// Which route or page a path belongs to.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spillway/http/request.hpp"

namespace spillway::http {

/// What stands behind one path.
struct Place {
    enum class Kind : std::uint8_t { none, page, route };
    Kind kind = Kind::none;
    std::uint16_t index = 0;  // of the page or route
};

/// Exact paths, no patterns: one hash and one compare, however many there are. Several routes may
/// share a path with different methods. Immutable once built, then thread-safe.
class Router {
public:
    void add(std::string path, MethodSet methods, Place place) {
        entries_[std::move(path)].push_back({methods, place});
    }

    struct Match {
        Place place;           // kind none: unknown path, or method not allowed there
        MethodSet allowed;     // of all that stands there
        bool is_path = false;  // the path is known
    };

    [[nodiscard]] Match find(std::string_view path, Method method) const {
        Match match;
        const auto found = entries_.find(path);
        if (found == entries_.end()) return match;
        match.is_path = true;
        for (const auto& entry : found->second) {
            if (entry.methods.contains(method)) {
                match.place = entry.place;
                return match;
            }
            match.allowed.merge(entry.methods);
        }
        return match;
    }

private:
    struct Entry {
        MethodSet methods;
        Place place;
    };
    struct Hash {
        using is_transparent = void;
        /// Length and last eight bytes, where paths differ: a tenth of what the standard's hash of
        /// a path costs. The table is the operator's; nobody else can choose its collisions.
        std::size_t operator()(std::string_view text) const noexcept {
            std::uint64_t tail = 0;
            const std::size_t n = std::min(text.size(), sizeof(tail));
            std::memcpy(&tail, text.data() + text.size() - n, n);
            return (tail ^ text.size()) * 0x9e3779b97f4a7c15ULL >> 32;
        }
    };
    std::unordered_map<std::string, std::vector<Entry>, Hash, std::equal_to<>> entries_;
};

}  // namespace spillway::http
