// The input path of the resize handler: any bytes are refused with a sentence, or become an image
// of the format and within the size that was asked for.
//
// The input: what is asked for (8 bytes), then the image. libvips and the libraries behind it are
// the system's, so neither their coverage guides the fuzzer nor are their own accesses checked;
// what they write through the C library, and all that our code does, is.
//
// fuzz: -max_len=65536

#include "handlers/image_resize.hpp"

#include <cstddef>
#include <span>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "handlers/image_format.hpp"
#include "http/image_pixels.hpp"

namespace spillway::fuzz {
namespace {

using handlers::Fit;
using handlers::Format;
using handlers::ImageStatus;

core::TimePoint still_clock() { return core::TimePoint{}; }

handlers::ResizeParams params_of(Input& in) {
    handlers::ResizeParams params;
    const std::uint8_t sides = in.byte();
    const std::uint32_t width = 1U + in.byte() * 2U;
    const std::uint32_t height = 1U + in.byte() * 2U;
    if (sides % 3 != 0) params.width = width;
    if (sides % 3 != 1) params.height = height;
    params.fit = in.pick(std::array{Fit::inside, Fit::cover, Fit::fill});
    const std::size_t format = in.below(4);
    if (format > 0) params.format = static_cast<Format>(format - 1);
    params.quality = 1U + static_cast<std::uint32_t>(in.below(100));
    params.enlarge = in.flag();
    return params;
}

void check_image(const handlers::ImageResult& result, const handlers::ResizeParams& params,
                 const handlers::ResizeOptions& options) {
    const std::span<const std::byte> bytes = result.bytes.view();
    const auto format = handlers::sniff(bytes);
    require(format.has_value(), "the result is no image");
    require(!params.format || handlers::default_output(*format, false) == *params.format,
            "the result is of another format");
    const auto pixels =
        http::image_pixels({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    require(pixels && *pixels <= options.output_pixels_max, "the result is too large");
    if (params.width && params.height)
        require(*pixels <= std::uint64_t{*params.width} * *params.height, "larger than its box");
}

}  // namespace
}  // namespace spillway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace spillway::fuzz;
    using spillway::handlers::ImageEngine;
    static const ImageEngine engine;
    Input in(data, size);
    const auto params = params_of(in);
    // Small, so that an input takes milliseconds.
    const spillway::handlers::ResizeOptions options{
        .pixels_max = in.pick(std::array<std::uint64_t, 2>{300'000, 1000}),
        .output_pixels_max = 300'000};
    const auto bytes = std::as_bytes(std::span(in.rest()));
    const auto result =
        engine.resize(bytes, params, options, {}, spillway::core::never, still_clock);
    switch (result.status) {
        case ImageStatus::ok:
            require(!result.content_type.empty(), "an image without a type");
            check_image(result, params, options);
            break;
        case ImageStatus::stopped:
            fail("nobody has stopped it");
        case ImageStatus::failed:
            fail("a failure that nobody is to blame for", result.detail);
        case ImageStatus::not_an_image:
        case ImageStatus::impossible:
            require(!result.detail.empty(), "a refusal without a sentence");
            require(result.bytes.size == 0, "a refusal with an image");
    }
    return 0;
}
