#include "handlers/image_pipeline.hpp"

#include "handlers/image_webp.hpp"

namespace spillway::handlers {
namespace {

/// What libjpeg may shrink by: half of what is asked for at most, so that the last factor of two is
/// done by the better filter.
int jpeg_shrink(double shrink) noexcept {
    return shrink >= 16 ? 8 : shrink >= 8 ? 4 : shrink >= 4 ? 2 : 1;
}

/// WebP, GIF and TIFF are mapped whole by their decoders: a watched source would only copy them.
SourcePtr open_source(InputCursor& cursor, InputFormat format) {
    if (format == InputFormat::jpeg || format == InputFormat::png) return watched_source(cursor);
    return SourcePtr(vips_source_new_from_memory(cursor.bytes.data(), cursor.bytes.size()));
}

int load(VipsSource* source, VipsImage** out, InputFormat format, double shrink) {
    // "truncated", not the stricter "error": 8.14 skips PNG checksums at that level, the reverse of
    // what it means. libvips' own warnings (an odd marker in a JPEG) are not the caller's problem.
    constexpr auto fail_on = VIPS_FAIL_ON_TRUNCATED;
    constexpr auto access = VIPS_ACCESS_SEQUENTIAL;
    switch (format) {
        case InputFormat::jpeg:
            return vips_jpegload_source(source, out, "access", access, "fail-on", fail_on, "shrink",
                                        jpeg_shrink(shrink), nullptr);
        case InputFormat::png:
            return vips_pngload_source(source, out, "access", access, "fail-on", fail_on, nullptr);
        case InputFormat::webp:
            return vips_webpload_source(source, out, "access", access, "fail-on", fail_on, "scale",
                                        1 / shrink, nullptr);
        case InputFormat::gif:
            return vips_gifload_source(source, out, "access", access, "fail-on", fail_on, nullptr);
        case InputFormat::tiff:
            return vips_tiffload_source(source, out, "access", access, "fail-on", fail_on, nullptr);
    }
    return -1;
}

/// `size` is that of the upright image.
ImagePtr scale(VipsImage* image, ImageSize size, bool with_profile) {
    const auto width = static_cast<int>(size.width);
    const auto height = static_cast<int>(size.height);
    return make_image([&](VipsImage** out) {
        // A null profile name would be taken for a name: two calls rather than one with a choice.
        return with_profile
                   ? vips_thumbnail_image(image, out, width, "height", height, "size",
                                          VIPS_SIZE_FORCE, "export-profile", "srgb", nullptr)
                   : vips_thumbnail_image(image, out, width, "height", height, "size",
                                          VIPS_SIZE_FORCE, nullptr);
    });
}

ImagePtr crop_centre(VipsImage* image, ImageSize from, ImageSize to) {
    const auto left = static_cast<int>((from.width - to.width) / 2);
    const auto top = static_cast<int>((from.height - to.height) / 2);
    return make_image([&](VipsImage** out) {
        return vips_extract_area(image, out, left, top, static_cast<int>(to.width),
                                 static_cast<int>(to.height), nullptr);
    });
}

ImagePtr on_white(VipsImage* image) {
    VipsArrayDouble* const white = vips_array_double_newv(1, 255.0);
    ImagePtr flat = make_image(
        [&](VipsImage** out) { return vips_flatten(image, out, "background", white, nullptr); });
    vips_area_unref(VIPS_AREA(white));
    return flat;
}

/// Leaves the pixels only. The savers' "strip" is not enough: it keeps what makes an animation of a
/// picture, and WebP's keeps everything.
void drop_metadata(VipsImage* image) {
    char** const fields = vips_image_get_fields(image);
    for (char** field = fields; field != nullptr && *field != nullptr; ++field) {
        vips_image_remove(image,
                          *field);  // refuses, harmlessly, the ones that are part of an image
    }
    g_strfreev(fields);
}

/// From 8.16 on, libvips asks while it encodes a WebP whether to go on. Before, a stop would only
/// be seen while the pixels are handed over, and leak them.
constexpr bool webp_encoder_can_stop = VIPS_MAJOR_VERSION > 8 ||
                                       (VIPS_MAJOR_VERSION == 8 && VIPS_MINOR_VERSION >= 16);

/// What the encoder is given: the watched image itself, whose rows it pulls; for WebP its pixels.
/// The WebP encoder works on the whole image anyhow, and in libvips 8.14 a row that fails while it
/// pulls makes it leak the pipeline, decoder and all: the rows must fail before.
ImagePtr encoder_input(VipsImage* image, Format format, ResizeWatch& watch) {
    ImagePtr rows = watched(image, watch, false);
    if (!rows) return nullptr;
    drop_metadata(rows.get());
    if (format == Format::webp) rows.reset(vips_image_copy_memory(rows.get()));
    return rows;
}

}  // namespace

OpenedImage::OpenedImage(std::span<const std::byte> input, InputFormat format, double shrink,
                         ResizeWatch& watch)
    : cursor_{input, 0, &watch} {
    const SourcePtr source = open_source(cursor_, format);
    if (!source) return;
    const ImagePtr plain =
        make_image([&](VipsImage** out) { return load(source.get(), out, format, shrink); });
    if (plain) image_ = watched(plain.get(), watch, true);
}

ImageSize OpenedImage::stored_size() const noexcept {
    return {static_cast<std::uint32_t>(vips_image_get_width(get())),
            static_cast<std::uint32_t>(vips_image_get_height(get()))};
}

bool OpenedImage::is_rotated() const noexcept {
    return vips_image_get_orientation_swap(get()) != FALSE;
}

ImagePtr apply_plan(const OpenedImage& opened, const ResizePlan& plan, ResizeWatch& watch) {
    // The way from CMYK to sRGB applies an embedded CMYK profile by itself.
    const bool with_profile =
        vips_image_get_typeof(opened.get(), VIPS_META_ICC_NAME) != 0 &&
        vips_image_guess_interpretation(opened.get()) != VIPS_INTERPRETATION_CMYK;
    ImagePtr scaled = scale(opened.get(), plan.scaled, with_profile);
    if (!scaled && with_profile && !watch.has_input_failed() && !watch.has_stopped()) {
        // A profile that makes no sense is no reason to refuse the picture. Profiles are opened
        // before the first row is read, so the rows are all still there.
        scaled = scale(opened.get(), plan.scaled, false);
    }
    if (!scaled || plan.scaled == plan.output) return scaled;
    return crop_centre(scaled.get(), plan.scaled, plan.output);
}

std::optional<ImageBytes> encode(VipsImage* image, Format format, int quality, ResizeWatch& watch) {
    const bool needs_background = format == Format::jpeg && vips_image_hasalpha(image) != FALSE;
    const ImagePtr flat = needs_background ? on_white(image) : nullptr;
    if (needs_background && !flat) return std::nullopt;
    const ImagePtr last = encoder_input(needs_background ? flat.get() : image, format, watch);
    if (!last) return std::nullopt;
    if (format == Format::webp && webp_encoder_can_stop) stop_encoding_of(last.get(), watch);

    void* data = nullptr;
    std::size_t size = 0;
    int result = -1;
    switch (format) {
        case Format::jpeg:
            result = vips_jpegsave_buffer(last.get(), &data, &size, "Q", quality, "strip", TRUE,
                                          nullptr);
            break;
        case Format::png:
            result = vips_pngsave_buffer(last.get(), &data, &size, "strip", TRUE, nullptr);
            break;
        case Format::webp:
            result = vips_webpsave_buffer(last.get(), &data, &size, "Q", quality, "strip", TRUE,
                                          nullptr);
            break;
    }
    if (result != 0) return std::nullopt;
    ImageBytes bytes{std::unique_ptr<std::byte[], GFree>(static_cast<std::byte*>(data)), size};
    if (format == Format::webp) bytes.size = drop_webp_exif({bytes.data.get(), size});
    return bytes;
}

}  // namespace spillway::handlers
