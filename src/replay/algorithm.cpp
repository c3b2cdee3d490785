#include "replay/algorithm.hpp"

namespace spillway::replay {
namespace {

constexpr Algorithm known[] = {
    {"aimd", 4, make_aimd},
};

}  // namespace

std::span<const Algorithm> algorithms() noexcept { return known; }

}  // namespace spillway::replay
