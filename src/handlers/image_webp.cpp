#include "handlers/image_webp.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace spillway::handlers {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t riff_header_size = 12;
constexpr std::size_t chunk_header_size = 8;
constexpr std::size_t flags_offset = riff_header_size + chunk_header_size;  // of VP8X
constexpr std::byte exif_flag{0x08};

/// `count` bytes, the least significant first.
std::uint32_t little_endian(Bytes input, std::size_t offset, std::size_t count) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value |= std::to_integer<std::uint32_t>(input[offset + i]) << (8 * i);
    }
    return value;
}

bool is_chunk(Bytes input, std::size_t offset, std::string_view name) noexcept {
    return std::ranges::equal(input.subspan(offset, 4), std::as_bytes(std::span(name)));
}

}  // namespace

std::optional<ImageSize> webp_canvas(Bytes input) noexcept {
    if (input.size() < 30) return std::nullopt;
    if (is_chunk(input, riff_header_size, "VP8X")) {
        return ImageSize{little_endian(input, 24, 3) + 1, little_endian(input, 27, 3) + 1};
    }
    if (is_chunk(input, riff_header_size, "VP8L")) {
        const std::uint32_t bits = little_endian(input, 21, 4);
        return ImageSize{(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1};
    }
    if (is_chunk(input, riff_header_size, "VP8 ")) {
        return ImageSize{little_endian(input, 26, 2) & 0x3fff,
                         little_endian(input, 28, 2) & 0x3fff};
    }
    return std::nullopt;
}

std::size_t drop_webp_exif(std::span<std::byte> file) noexcept {
    if (file.size() < 30 || !is_chunk(file, riff_header_size, "VP8X")) return file.size();
    std::size_t offset = riff_header_size;
    while (offset + chunk_header_size <= file.size() && !is_chunk(file, offset, "EXIF")) {
        const std::size_t size = little_endian(file, offset + 4, 4);
        offset += chunk_header_size + size + size % 2;
    }
    if (offset + chunk_header_size > file.size()) return file.size();
    const std::size_t size = little_endian(file, offset + 4, 4);
    if (offset + chunk_header_size + size + size % 2 != file.size()) return file.size();

    file[flags_offset] &= ~exif_flag;
    const auto riff_size = static_cast<std::uint32_t>(offset - chunk_header_size);
    for (std::size_t i = 0; i < 4; ++i) file[4 + i] = static_cast<std::byte>(riff_size >> (8 * i));
    return offset;
}

}  // namespace spillway::handlers
