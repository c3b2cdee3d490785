#include "app/descriptors.hpp"

#include <sys/resource.h>

namespace spillway::app {

std::uint64_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlimit raised{limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur;
}

std::uint64_t descriptors_besides_connections(std::uint64_t shards,
                                              std::uint64_t listeners) noexcept {
    constexpr std::uint64_t per_loop = 3;  // epoll, timerfd, eventfd
    constexpr std::uint64_t others =
        64;  // stdio, log, control connections' reserve is counted apart
    return (shards + 1) * per_loop + shards * listeners + others;
}

}  // namespace spillway::app
