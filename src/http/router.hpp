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

/// Exact paths: one hash and one compare, however many there are; and a few trees of pages, looked
/// at when no path matches. Several routes may share a path with different methods. Immutable once
/// built, then thread-safe.
class Router {
public:
    void add(std::string path, MethodSet methods, Place place) {
        entries_[std::move(path)].push_back({methods, place});
    }

    /// All paths that begin with `prefix` and have no entry of their own.
    void add_tree(std::string prefix, MethodSet methods, Place place) {
        trees_.push_back({std::move(prefix), {methods, place}});
    }

    struct Match {
        Place place;           // kind none: unknown path, or method not allowed there
        MethodSet allowed;     // of all that stands there
        bool is_path = false;  // the path is known
    };

    [[nodiscard]] Match find(std::string_view path, Method method) const {
        Match match;
        const auto found = entries_.find(path);
        if (found == entries_.end()) {
            for (const auto& [prefix, entry] : trees_) {
                if (path.starts_with(prefix) && settle(match, entry, method)) break;
            }
            return match;
        }
        for (const auto& entry : found->second) {
            if (settle(match, entry, method)) break;
        }
        return match;
    }

private:
    struct Entry {
        MethodSet methods;
        Place place;
    };
    struct Tree {
        std::string prefix;
        Entry entry;
    };
    static bool settle(Match& match, const Entry& entry, Method method) {
        match.is_path = true;
        if (!entry.methods.contains(method)) {
            match.allowed.merge(entry.methods);
            return false;
        }
        match.place = entry.place;
        return true;
    }
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
    std::vector<Tree> trees_;
};

}  // namespace spillway::http
