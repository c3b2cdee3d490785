#pragma once
// What `spillway replay` can replay. Each algorithm is one file that defines its make function and
// is registered by one line in algorithm.cpp.

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "replay/fields.hpp"
#include "replay/params.hpp"

namespace spillway::replay {

/// A running instance: takes the fields of one sample, their number being right already, and
/// answers. Throws Error for a sample that cannot be used; its state is then unchanged.
using Instance = std::function<Answer(const Fields&)>;

struct Algorithm {
    std::string_view name;
    /// Input fields of a sample line.
    std::size_t inputs = 0;
    /// Throws Error if the parameters cannot be used.
    Instance (*make)(const Params&) = nullptr;
};

[[nodiscard]] std::span<const Algorithm> algorithms() noexcept;

Instance make_aimd(const Params&);
Instance make_vegas(const Params&);
Instance make_gradient2(const Params&);
Instance make_gradient(const Params&);
Instance make_gradient_minrtt(const Params&);
Instance make_gradient_formula(const Params&);
Instance make_circuit_breaker(const Params&);
Instance make_codel_rfc8289(const Params&);
Instance make_codel_slough(const Params&);
Instance make_gcra(const Params&);
Instance make_gcra_cell(const Params&);
Instance make_token_bucket(const Params&);

}  // namespace spillway::replay
