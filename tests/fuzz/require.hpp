#pragma once
// How an oracle says no: one line on stderr, then abort(), which libFuzzer and the replay both take
// for a finding.

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace spillway::fuzz {

[[noreturn]] inline void fail(std::string_view what, std::string_view detail = {}) {
    std::fprintf(stderr, "oracle: %.*s%s%.*s\n", static_cast<int>(what.size()), what.data(),
                 detail.empty() ? "" : ": ", static_cast<int>(detail.size()), detail.data());
    std::abort();
}

inline void require(bool holds, std::string_view what, std::string_view detail = {}) {
    if (!holds) [[unlikely]]
        fail(what, detail);
}

}  // namespace spillway::fuzz
