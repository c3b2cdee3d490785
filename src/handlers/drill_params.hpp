#pragma once
// What a caller of /v1/drill asks for.

#include <cstdint>
#include <optional>
#include <variant>

#include "handlers/query_params.hpp"

namespace spillway::handlers {

inline constexpr std::uint32_t drill_ms_max = 10'000;                  // of `cpu_ms` and `sleep_ms`
inline constexpr std::uint32_t drill_bytes_max = 10u * 1024u * 1024u;  // of `bytes`

struct DrillParams {
    std::uint32_t cpu_ms = 0;    // CPU time of the worker's thread, 0..drill_ms_max
    std::uint32_t sleep_ms = 0;  // after the CPU time, 0..drill_ms_max
    std::optional<std::uint32_t> bytes =
        std::nullopt;  // of the answer, 0..drill_bytes_max; none: a small JSON
    double fail = 0;   // probability of a 500, 0..1

    friend bool operator==(const DrillParams&, const DrillParams&) = default;
};

/// The query of a drill request, or the first thing wrong with it.
[[nodiscard]] std::variant<DrillParams, ParamProblem> parse_drill_params(const QueryParams& params);

}  // namespace spillway::handlers
