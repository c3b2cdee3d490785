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
    {"circuit_breaker", 3, make_circuit_breaker},
    {"codel_rfc8289", 3, make_codel_rfc8289},
    {"codel_slough", 2, make_codel_slough},
    {"gcra", 3, make_gcra},
    {"gcra_cell", 2, make_gcra_cell},
    {"token_bucket", 3, make_token_bucket},
};

}  // namespace

std::span<const Algorithm> algorithms() noexcept { return known; }

}  // namespace spillway::replay
