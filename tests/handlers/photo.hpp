#pragma once
// The test photos, and eyes for what comes out of a resize.

#include <vips/vips.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "handlers/image_format.hpp"
#include "handlers/image_vips.hpp"

namespace spillway::handlers {

using Bytes = std::vector<std::byte>;

inline Bytes photo(const std::string& name) {
    std::ifstream file(SPILLWAY_SOURCE_DIR "/tests/support/photos/" + name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty()) throw std::runtime_error("no test photo " + name);
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// Opens a file for a look at it; throws when it is not a whole image.
inline ImagePtr look(std::span<const std::byte> file) {
    ImagePtr image(vips_image_new_from_buffer(file.data(), file.size(), "", nullptr));
    if (!image) throw std::runtime_error("not an image");
    return image;
}

inline ImageSize size_of(std::span<const std::byte> file) {
    const ImagePtr image = look(file);
    return {static_cast<std::uint32_t>(vips_image_get_width(image.get())),
            static_cast<std::uint32_t>(vips_image_get_height(image.get()))};
}

/// All pixels as 8-bit RGB, transparency on white.
inline std::vector<std::uint8_t> rgb_of(std::span<const std::byte> file) {
    ImagePtr image = look(file);
    image = make_image([from = std::move(image)](VipsImage** out) {
        return vips_colourspace(from.get(), out, VIPS_INTERPRETATION_sRGB, nullptr);
    });
    if (vips_image_hasalpha(image.get()) != 0) {
        VipsArrayDouble* const white = vips_array_double_newv(1, 255.0);
        image = make_image([&, from = std::move(image)](VipsImage** out) {
            return vips_flatten(from.get(), out, "background", white, nullptr);
        });
        vips_area_unref(VIPS_AREA(white));
    }
    std::size_t size = 0;
    auto* const pixels = static_cast<std::uint8_t*>(vips_image_write_to_memory(image.get(), &size));
    if (pixels == nullptr) throw std::runtime_error("not a whole image");
    std::vector<std::uint8_t> all(pixels, pixels + size);
    g_free(pixels);
    return all;
}

/// How far two pictures of one size are apart: mean difference of a sample, 0..255.
inline double difference(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
    if (a.size() != b.size() || a.empty()) return 255;
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
    return sum / static_cast<double>(a.size());
}

}  // namespace spillway::handlers
