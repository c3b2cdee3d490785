#include "handlers/image_resize.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "handlers/image_pipeline.hpp"
#include "handlers/image_webp.hpp"

namespace spillway::handlers {
namespace {

void ignore_log(const char*, GLogLevelFlags, const char*, void*) {}

/// Loaders are refused by class, then the five are let in again: what a later libvips adds stays
/// out, even if something in the bytes should make libvips look for another loader.
void allow_known_loaders_only() {
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    constexpr std::array loaders{"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                                 "VipsForeignLoadNsgif", "VipsForeignLoadTiff"};
    for (const char* loader : loaders) vips_operation_block_set(loader, FALSE);
}

bool start_libvips() {
    if (VIPS_INIT("spillway") != 0) return false;
    // Fatal messages are not in the mask: they still reach stderr before the process ends.
    constexpr int quiet = G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO;
    g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(quiet), ignore_log, nullptr);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    allow_known_loaders_only();
    return true;
}

/// libvips' messages pile up in one buffer for all threads. They are never read: the one found
/// there may be another request's.
struct ErrorBufferGuard {
    ErrorBufferGuard() = default;
    ErrorBufferGuard(const ErrorBufferGuard&) = delete;
    ErrorBufferGuard& operator=(const ErrorBufferGuard&) = delete;
    ~ErrorBufferGuard() { vips_error_clear(); }
};

ImageResult refuse(ImageStatus status, std::string detail) {
    return {status, std::move(detail), {}, {}};
}

ImageResult stopped() { return refuse(ImageStatus::stopped, "stopped before it was done"); }

std::string in_words(ImageSize size) {
    return std::to_string(size.width) + " x " + std::to_string(size.height);
}

/// After something did not work: whose fault it was.
ImageResult explain(const ResizeWatch& watch, ImageStatus otherwise, std::string_view detail) {
    if (watch.has_stopped()) return stopped();
    if (watch.has_input_failed()) {
        return refuse(ImageStatus::impossible, "the image is truncated or corrupt");
    }
    return refuse(otherwise, std::string(detail));
}

std::optional<ImageResult> check_input(ImageSize size, const ResizeOptions& options) {
    if (size.pixels() <= options.pixels_max) return std::nullopt;
    return refuse(ImageStatus::impossible, "the image has " + in_words(size) + " pixels; at most " +
                                               std::to_string(options.pixels_max) +
                                               " in all are allowed");
}

std::optional<ImageResult> check_plan(const ResizePlan& plan, Format format,
                                      const ResizeOptions& options) {
    if (std::max(plan.output.width, plan.output.height) > side_max(format)) {
        return refuse(ImageStatus::impossible,
                      "the result would have " + in_words(plan.output) + " pixels; no side of a " +
                          std::string(display_name(format)) + " may be longer than " +
                          std::to_string(side_max(format)));
    }
    // Before cropping, an enlarged image may be far larger than what is asked for.
    const auto scaled_max = std::max(options.pixels_max, options.output_pixels_max);
    const bool is_output_too_large = plan.output.pixels() > options.output_pixels_max;
    if (!is_output_too_large && plan.scaled.pixels() <= scaled_max) return std::nullopt;
    return refuse(
        ImageStatus::impossible,
        "the result would have " + in_words(is_output_too_large ? plan.output : plan.scaled) +
            (is_output_too_large ? " pixels; at most " : " pixels before cropping; at most ") +
            std::to_string(is_output_too_large ? options.output_pixels_max : scaled_max) +
            " in all are allowed");
}

ImageSize turned(ImageSize size, bool is_rotated) {
    return is_rotated ? ImageSize{size.height, size.width} : size;
}

struct Decision {
    ResizePlan plan;
    Format format;
    double shrink;
};

/// Reads the header and decides, or refuses, before a pixel is decoded.
std::variant<Decision, ImageResult> decide(std::span<const std::byte> input, InputFormat format,
                                           const ResizeParams& params, const ResizeOptions& options,
                                           ResizeWatch& watch) {
    constexpr std::string_view bad_header = "the image's header is truncated or corrupt";
    if (format == InputFormat::webp) {
        const auto canvas = webp_canvas(input);
        if (!canvas) return refuse(ImageStatus::impossible, std::string(bad_header));
        if (auto refusal = check_input(*canvas, options)) return *std::move(refusal);
    }
    const OpenedImage header(input, format, 1, watch);
    if (!header) return explain(watch, ImageStatus::impossible, bad_header);
    const ImageSize stored = header.stored_size();
    if (auto refusal = check_input(stored, options)) return *std::move(refusal);

    const ResizePlan plan = plan_resize(turned(stored, header.is_rotated()), params);
    const bool has_alpha = vips_image_hasalpha(header.get()) != FALSE;
    const Format output = params.format.value_or(default_output(format, has_alpha));
    if (auto refusal = check_plan(plan, output, options)) return *std::move(refusal);
    return Decision{plan, output, shrink_on_load(stored, turned(plan.scaled, header.is_rotated()))};
}

ImageResult carry_out(const Decision& decision, std::span<const std::byte> input,
                      InputFormat format, int quality, ResizeWatch& watch) {
    const OpenedImage opened(input, format, decision.shrink, watch);
    if (!opened) {
        return explain(watch, ImageStatus::impossible, "the image is truncated or corrupt");
    }
    const ImagePtr image = apply_plan(opened, decision.plan, watch);
    if (!image) {
        return explain(watch, ImageStatus::impossible,
                       "the image's pixels are of a kind that cannot be converted to sRGB");
    }
    auto bytes = encode(image.get(), decision.format, quality, watch);
    if (!bytes) return explain(watch, ImageStatus::failed, "the result could not be encoded");
    return {ImageStatus::ok, {}, content_type(decision.format), *std::move(bytes)};
}

}  // namespace

ImageEngine::ImageEngine() {
    static const bool is_started = start_libvips();
    if (!is_started) throw std::runtime_error("libvips cannot start");
}

ImageResult ImageEngine::resize(std::span<const std::byte> input, const ResizeParams& params,
                                const ResizeOptions& options, const std::stop_token& stop,
                                core::TimePoint deadline, core::TimePoint (*now)()) const {
    const auto format = sniff(input);
    if (!format) {
        return refuse(ImageStatus::not_an_image,
                      "the body is not a JPEG, PNG, WebP, GIF or TIFF image");
    }
    ResizeWatch watch(stop, deadline, now);
    if (watch.must_stop()) return stopped();
    const ErrorBufferGuard guard;
    auto decided = decide(input, *format, params, options, watch);
    if (auto* const refusal = std::get_if<ImageResult>(&decided)) return std::move(*refusal);
    return carry_out(std::get<Decision>(decided), input, *format, static_cast<int>(params.quality),
                     watch);
}

void ImageEngine::thread_exit() noexcept { vips_thread_shutdown(); }

}  // namespace spillway::handlers
