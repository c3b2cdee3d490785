#pragma once
// An assertion that is on in every build: misuse and broken invariants end the process at once,
// before they become a leaked permit or a second answer to one request.

#include <cstdio>
#include <cstdlib>

namespace spillway::core {

[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, what);
    std::abort();
}

}  // namespace spillway::core

#define SPILLWAY_ASSERT(condition) \
    (static_cast<bool>(condition)  \
         ? static_cast<void>(0)    \
         : ::spillway::core::assertion_failed(#condition, __FILE__, __LINE__))
