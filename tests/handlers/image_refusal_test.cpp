// What a resize refuses, and with which words.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "handlers/resize_harness.hpp"

namespace spillway::handlers {
namespace {

using namespace std::string_view_literals;

Bytes bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::uint32_t crc32(std::string_view data) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : data) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

std::string big_endian(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
    return out;
}

std::string png_chunk(const std::string& type, std::string_view data) {
    const std::string body = type + std::string(data);
    return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32(body));
}

/// A PNG of a hundred bytes that claims to be of this size.
Bytes png_bomb(std::uint32_t width, std::uint32_t height) {
    const std::string header =
        big_endian(width) + big_endian(height) + std::string("\x08\x02\x00\x00\x00"sv);
    return bytes_of(std::string("\x89PNG\r\n\x1a\n"sv) + png_chunk("IHDR", header) +
                    png_chunk("IDAT", "\x78\x9c\x63\x00\x00"sv) + png_chunk("IEND", ""));
}

const std::array photos{"photo.jpg",   "progressive.jpg", "orientation6.jpg", "cmyk.jpg",
                        "rgb.png",     "interlaced.png",  "rgba.png",         "rgb16.png",
                        "palette.png", "photo.webp",      "lossless.webp",    "animated.webp",
                        "still.gif",   "photo.tif"};

TEST_F(ImageResize, what_is_no_image_is_refused_as_that) {
    for (const auto text : {""sv, "hello"sv, "<svg xmlns='http://www.w3.org/2000/svg'/>"sv,
                            "%PDF-1.4"sv, "P6 1 1 255 abc"sv}) {
        const auto result = resize(bytes_of(text), {.width = 10});
        EXPECT_EQ(result.status, ImageStatus::not_an_image) << text;
        EXPECT_EQ(result.detail, "the body is not a JPEG, PNG, WebP, GIF or TIFF image");
        EXPECT_EQ(result.bytes.size, 0u);
    }
}

TEST_F(ImageResize, a_truncated_photo_is_impossible_wherever_it_ends) {
    for (const char* name : photos) {
        const Bytes whole = photo(name);
        for (const double part : {0.02, 0.1, 0.5, 0.9, 0.97}) {
            const auto size = std::max<std::size_t>(
                12, static_cast<std::size_t>(part * static_cast<double>(whole.size())));
            const auto result = resize(std::span(whole).first(size), {.width = 40});
            EXPECT_EQ(result.status, ImageStatus::impossible)
                << name << " cut to " << size << " of " << whole.size();
            EXPECT_NE(result.detail.find("truncated or corrupt"), std::string::npos)
                << result.detail;
        }
    }
}

TEST_F(ImageResize, of_an_animated_gif_the_first_frame_must_be_whole) {
    const Bytes whole = photo("animated.gif");
    const auto part = [&](std::size_t percent) {
        return std::span(whole).first(whole.size() * percent / 100);
    };
    EXPECT_EQ(resize(part(20), {.width = 40}).status, ImageStatus::impossible);
    EXPECT_EQ(resize(part(60), {.width = 40}).status, ImageStatus::ok);
}

TEST_F(ImageResize, a_magic_number_alone_is_a_truncated_image) {
    for (const auto text :
         {"\xff\xd8\xff"sv, "\x89PNG\r\n\x1a\n"sv, "RIFF\0\0\0\0WEBP"sv, "GIF89a"sv, "II*\0"sv}) {
        EXPECT_EQ(resize(bytes_of(text), {.width = 10}).status, ImageStatus::impossible);
    }
}

TEST_F(ImageResize, corrupt_bytes_never_do_worse_than_a_refusal) {
    // A JPEG or GIF with a damaged middle still shows something; what matters is that nothing but
    // a picture or a refusal comes of it, and never "our fault".
    for (const char* name : photos) {
        const Bytes whole = photo(name);
        for (std::size_t start = 16; start + 32 < whole.size(); start += whole.size() / 9) {
            Bytes corrupt = whole;
            for (std::size_t i = 0; i < 32; ++i) corrupt[start + i] ^= std::byte{0x5a};
            const auto result = resize(corrupt, {.width = 40});
            EXPECT_TRUE(result.status == ImageStatus::ok ||
                        result.status == ImageStatus::impossible)
                << name << " damaged at " << start << ": " << result.detail;
        }
    }
}

TEST_F(ImageResize, a_png_with_a_wrong_checksum_is_impossible) {
    Bytes corrupt = photo("rgb.png");
    corrupt[corrupt.size() / 2] ^= std::byte{1};
    EXPECT_EQ(resize(corrupt, {.width = 40}).status, ImageStatus::impossible);
}

TEST_F(ImageResize, a_pixel_bomb_is_refused_by_its_header) {
    const auto before = vips_tracked_get_mem_highwater();
    const auto result = resize(png_bomb(30'000, 30'000), {.width = 10});
    EXPECT_EQ(result.status, ImageStatus::impossible);
    EXPECT_EQ(result.detail,
              "the image has 30000 x 30000 pixels; at most 50000000 in all are allowed");
    EXPECT_EQ(vips_tracked_get_mem_highwater(), before);
}

TEST_F(ImageResize, a_webp_bomb_is_refused_before_its_canvas_is_allocated) {
    Bytes bomb = photo("animated.webp");
    ASSERT_EQ(bomb[12], std::byte{'V'});
    std::fill_n(bomb.begin() + 24, 6, std::byte{0xff});  // the canvas in VP8X
    bomb[26] = bomb[29] = std::byte{0};                  // 65536 x 65536
    const auto before = vips_tracked_get_mem_highwater();
    const auto result = resize(bomb, {.width = 10});
    EXPECT_EQ(result.detail,
              "the image has 65536 x 65536 pixels; at most 50000000 in all are allowed");
    EXPECT_EQ(vips_tracked_get_mem_highwater(), before);
}

TEST_F(ImageResize, the_bound_of_the_input_is_exact) {
    const auto jpeg = photo("photo.jpg");
    EXPECT_EQ(resize(jpeg, {.width = 40}, {.pixels_max = 640 * 480}).status, ImageStatus::ok);
    EXPECT_EQ(resize(jpeg, {.width = 40}, {.pixels_max = 640 * 480 - 1}).status,
              ImageStatus::impossible);
}

TEST_F(ImageResize, the_bound_of_the_output_is_exact) {
    const auto jpeg = photo("photo.jpg");
    EXPECT_EQ(resize(jpeg, {.width = 40}, {.output_pixels_max = 1200}).status, ImageStatus::ok);
    const auto refused = resize(jpeg, {.width = 40}, {.output_pixels_max = 1199});
    EXPECT_EQ(refused.status, ImageStatus::impossible);
    EXPECT_EQ(refused.detail,
              "the result would have 40 x 30 pixels; at most 1199 in all are allowed");
}

TEST_F(ImageResize, the_default_bounds_refuse_the_largest_box) {
    const auto result = resize(photo("photo.jpg"),
                               {.width = 8192, .height = 8192, .fit = Fit::fill, .enlarge = true});
    EXPECT_EQ(result.detail,
              "the result would have 8192 x 8192 pixels; at most 50000000 in all are allowed");
}

TEST_F(ImageResize, enlarging_far_beyond_what_is_cut_out_is_refused) {
    // A thin strip, made to cover a tall box: 8192 x 8192 come out, but of a far larger picture.
    const auto strip = resized(photo("photo.jpg"), {.width = 640, .height = 10, .fit = Fit::fill});
    const auto result = resize(strip.bytes.view(),
                               {.width = 100, .height = 8192, .fit = Fit::cover, .enlarge = true});
    EXPECT_EQ(result.status, ImageStatus::impossible);
    EXPECT_EQ(result.detail,
              "the result would have 524288 x 8192 pixels before cropping; at most 50000000 in all "
              "are allowed");
}

TEST_F(ImageResize, a_side_that_the_output_format_cannot_hold_is_refused) {
    const auto strip = resized(
        photo("photo.jpg"), {.width = 10, .height = 480, .fit = Fit::fill, .format = Format::png});
    const ResizeParams wide{.width = 400, .format = Format::webp, .enlarge = true};
    const auto result = resize(strip.bytes.view(), wide);
    EXPECT_EQ(result.status, ImageStatus::impossible);
    EXPECT_EQ(result.detail,
              "the result would have 400 x 19200 pixels; no side of a WebP may be longer than "
              "16383");
}

}  // namespace
}  // namespace spillway::handlers
