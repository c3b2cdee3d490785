#pragma once
// What a caller of /v1/resize asks for.

#include <cstdint>
#include <optional>
#include <variant>

#include "handlers/query_params.hpp"

namespace spillway::handlers {

inline constexpr std::uint32_t side_px_max = 8192;  // of `width` and `height`

/// How the image meets the box. With only one of width and height given, the other follows from the
/// aspect ratio, whatever the fit.
enum class Fit : std::uint8_t {
    inside,  // as large as fits into the box, aspect kept
    cover,   // fills the box, aspect kept, what sticks out is cut off evenly on both sides
    fill,    // exactly the box, aspect ignored
};

/// What can be written.
enum class Format : std::uint8_t { jpeg, png, webp };

struct ResizeParams {
    std::optional<std::uint32_t> width =
        std::nullopt;  // pixels of the upright image, 1..side_px_max
    std::optional<std::uint32_t> height = std::nullopt;  // likewise; at least one of the two
    Fit fit = Fit::inside;
    std::optional<Format> format = std::nullopt;  // none: as the input, where that can be written
    std::uint32_t quality = 80;                   // 1..100, of JPEG and WebP; PNG is lossless
    bool enlarge = false;                         // false: no axis ever grows

    friend bool operator==(const ResizeParams&, const ResizeParams&) = default;
};

/// The query of a resize request, or the first thing wrong with it.
[[nodiscard]] std::variant<ResizeParams, ParamProblem> parse_resize_params(
    const QueryParams& params);

}  // namespace spillway::handlers
