#include "replay/algorithm.hpp"

namespace spillway::replay {
namespace {

constexpr Algorithm known[] = {
    {"aimd", 4, make_aimd},
    {"vegas", 4, make_vegas},
    {"gradient2", 4, make_gradient2},
    {"gradient", 4, make_gradient},
    {"gradient_minrtt", 4, make_gradient_minrtt},
    {"gradient_formula", 3, make_gradient_formula},
};

}  // namespace

std::span<const Algorithm> algorithms() noexcept { return known; }

}  // namespace spillway::replay
