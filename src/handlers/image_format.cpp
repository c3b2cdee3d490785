#include "handlers/image_format.hpp"

#include <algorithm>
#include <array>

namespace spillway::handlers {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

bool has_at(Bytes input, std::size_t offset, std::string_view magic) noexcept {
    if (input.size() < offset + magic.size()) return false;
    return std::ranges::equal(input.subspan(offset, magic.size()), magic,
                              [](std::byte b, char c) { return b == static_cast<std::byte>(c); });
}

struct FormatFacts {
    std::string_view content_type;
    std::string_view display_name;
    std::uint32_t side_max;
};

constexpr std::array<FormatFacts, 3> facts{{
    {"image/jpeg", "JPEG", 65'500},   // libjpeg's JPEG_MAX_DIMENSION
    {"image/png", "PNG", 1'000'000},  // the limit that readers of the reference library set
    {"image/webp", "WebP", 16'383},   // 14 bits
}};

const FormatFacts& facts_of(Format format) noexcept {
    return facts[static_cast<std::size_t>(format)];
}

}  // namespace

std::optional<InputFormat> sniff(Bytes input) noexcept {
    if (has_at(input, 0, "\xff\xd8\xff"sv)) return InputFormat::jpeg;
    if (has_at(input, 0, "\x89PNG\r\n\x1a\n"sv)) return InputFormat::png;
    if (has_at(input, 0, "RIFF"sv) && has_at(input, 8, "WEBP"sv)) return InputFormat::webp;
    if (has_at(input, 0, "GIF87a"sv) || has_at(input, 0, "GIF89a"sv)) return InputFormat::gif;
    constexpr std::array tiff_magics{"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv};  // + is BigTIFF
    for (const auto magic : tiff_magics) {
        if (has_at(input, 0, magic)) return InputFormat::tiff;
    }
    return std::nullopt;
}

Format default_output(InputFormat input, bool has_alpha) noexcept {
    switch (input) {
        case InputFormat::jpeg:
            return Format::jpeg;
        case InputFormat::png:
        case InputFormat::gif:
            return Format::png;
        case InputFormat::webp:
            return Format::webp;
        case InputFormat::tiff:
            break;
    }
    return has_alpha ? Format::png : Format::jpeg;
}

std::string_view content_type(Format format) noexcept { return facts_of(format).content_type; }
std::string_view display_name(Format format) noexcept { return facts_of(format).display_name; }
std::uint32_t side_max(Format format) noexcept { return facts_of(format).side_max; }

}  // namespace spillway::handlers
