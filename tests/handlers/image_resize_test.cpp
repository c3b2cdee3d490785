#include "handlers/image_resize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "handlers/resize_harness.hpp"

namespace spillway::handlers {
namespace {

/// Where `text` begins in the file; its size when it is not in there.
std::size_t position_of(std::string_view text, std::span<const std::byte> file) {
    const auto needle = std::as_bytes(std::span(text));
    const auto found = std::search(file.begin(), file.end(), needle.begin(), needle.end());
    return static_cast<std::size_t>(found - file.begin());
}

bool contains(std::span<const std::byte> file, std::string_view text) {
    return position_of(text, file) != file.size();
}

struct Input {
    std::string name;
    std::string_view content_type;  // of the answer when no format is asked for
    bool is_opaque = true;
    double difference_max = 4;  // from photo.jpg, seen small
};

const Input inputs[] = {
    {"photo.jpg", "image/jpeg"},
    {"progressive.jpg", "image/jpeg"},
    {"orientation6.jpg", "image/jpeg"},
    {"profile.jpg", "image/jpeg", true,
     20},  // the profile says that the same numbers are stronger colours
    {"cmyk.jpg", "image/jpeg", true, 20},
    {"grey.jpg", "image/jpeg", true, 60},
    {"rgb.png", "image/png"},
    {"interlaced.png", "image/png"},
    {"rgb16.png", "image/png"},
    {"palette.png", "image/png", true, 10},
    {"rgba.png", "image/png", false},
    {"photo.webp", "image/webp"},
    {"animated.webp", "image/webp", true, 10},
    {"lossless.webp", "image/webp", false},
    {"still.gif", "image/png", true, 10},
    {"animated.gif", "image/png", true, 10},
    {"photo.tif", "image/jpeg"},
};

TEST_F(ImageResize, every_kind_of_photo_becomes_the_same_small_picture) {
    const auto expected =
        rgb_of(resized(photo("photo.jpg"), {.width = 40, .format = Format::png}).bytes.view());
    for (const Input& input : inputs) {
        SCOPED_TRACE(input.name);
        const auto small = resized(photo(input.name), {.width = 40, .format = Format::png});
        EXPECT_EQ(small.content_type, "image/png");
        EXPECT_EQ(size_of(small.bytes.view()), (ImageSize{40, 30}));
        if (input.is_opaque) {
            EXPECT_LT(difference(rgb_of(small.bytes.view()), expected), input.difference_max);
        }
    }
}

TEST_F(ImageResize, every_kind_of_photo_can_be_written_as_every_format) {
    for (const Input& input : inputs) {
        SCOPED_TRACE(input.name);
        EXPECT_EQ(resized(photo(input.name), {.width = 40}).content_type, input.content_type);
        const auto jpeg = resized(photo(input.name), {.width = 40, .format = Format::jpeg});
        const auto png = resized(photo(input.name), {.width = 40, .format = Format::png});
        const auto webp = resized(photo(input.name), {.width = 40, .format = Format::webp});
        EXPECT_EQ(sniff(jpeg.bytes.view()), InputFormat::jpeg);
        EXPECT_EQ(sniff(png.bytes.view()), InputFormat::png);
        EXPECT_EQ(sniff(webp.bytes.view()), InputFormat::webp);
        // They show the same, and transparency lies on white.
        const auto seen = rgb_of(png.bytes.view());
        EXPECT_LT(difference(rgb_of(jpeg.bytes.view()), seen), 6);
        EXPECT_LT(difference(rgb_of(webp.bytes.view()), seen), 6);
    }
}

TEST_F(ImageResize, the_result_has_the_size_that_was_planned) {
    struct Row {
        const char* name;
        ResizeParams params;
        ImageSize expected;
    };
    const Row rows[] = {
        {"photo.jpg", {.width = 333}, {333, 250}},
        {"photo.jpg", {.width = 20, .height = 20}, {20, 15}},
        {"photo.jpg", {.width = 5000}, {640, 480}},
        {"photo.jpg", {.width = 1280, .enlarge = true}, {1280, 960}},
        {"photo.jpg", {.width = 100, .height = 100, .fit = Fit::cover}, {100, 100}},
        {"photo.jpg", {.width = 31, .height = 200, .fit = Fit::fill}, {31, 200}},
        {"photo.jpg", {.width = 1, .height = 1, .fit = Fit::fill}, {1, 1}},
        {"photo.webp", {.width = 77}, {77, 58}},
        {"photo.webp", {.width = 50, .height = 300, .fit = Fit::cover}, {50, 300}},
        {"interlaced.png", {.width = 7}, {7, 5}},
        {"rgba.png", {.width = 100, .height = 10, .fit = Fit::cover}, {100, 10}},
        // Upright it is 640 x 480, and the box is meant for the upright image.
        {"orientation6.jpg", {.width = 100}, {100, 75}},
        {"orientation6.jpg", {.width = 50, .height = 200, .fit = Fit::cover}, {50, 200}},
        {"orientation6.jpg", {.width = 300, .height = 20, .fit = Fit::fill}, {300, 20}},
        {"orientation6.jpg", {.width = 1280, .enlarge = true}, {1280, 960}},
    };
    for (const Row& row : rows) {
        const auto result = resized(photo(row.name), row.params);
        const ImageSize size = size_of(result.bytes.view());
        EXPECT_EQ(size, row.expected) << row.name << ": " << size.width << " x " << size.height;
    }
}

TEST_F(ImageResize, cover_keeps_the_centre) {
    // The middle third of the width, from two ways: cut by cover, and cut by hand from the whole.
    const auto cut =
        rgb_of(resized(photo("photo.jpg"),
                       {.width = 160, .height = 480, .fit = Fit::cover, .format = Format::png})
                   .bytes.view());
    const auto whole =
        rgb_of(resized(photo("photo.jpg"), {.width = 640, .format = Format::png}).bytes.view());
    std::vector<std::uint8_t> middle;
    for (std::size_t y = 0; y < 480; ++y) {
        const auto row = whole.begin() + static_cast<std::ptrdiff_t>((y * 640 + 240) * 3);
        middle.insert(middle.end(), row, row + std::ptrdiff_t{160} * 3);
    }
    EXPECT_EQ(difference(cut, middle), 0);
}

TEST_F(ImageResize, metadata_stays_behind) {
    ASSERT_TRUE(contains(photo("orientation6.jpg"), "Exif"));
    ASSERT_TRUE(contains(photo("profile.jpg"), "ICC_PROFILE"));
    for (const Format format : {Format::jpeg, Format::png, Format::webp}) {
        const auto turned = resized(photo("orientation6.jpg"), {.width = 64, .format = format});
        EXPECT_FALSE(contains(turned.bytes.view(), "Exif"));
        EXPECT_FALSE(contains(turned.bytes.view(), "EXIF"));
        EXPECT_EQ(vips_image_get_orientation(look(turned.bytes.view()).get()), 1);
        const auto converted = resized(photo("profile.jpg"), {.width = 64, .format = format});
        EXPECT_EQ(vips_image_get_typeof(look(converted.bytes.view()).get(), VIPS_META_ICC_NAME),
                  0u);
    }
}

TEST_F(ImageResize, an_embedded_profile_is_applied) {
    // Display P3 numbers read as sRGB would be duller than the scene.
    const auto applied =
        rgb_of(resized(photo("profile.jpg"), {.width = 40, .format = Format::png}).bytes.view());
    Bytes without = photo("profile.jpg");
    const std::size_t marker = position_of("ICC_PROFILE", without);
    ASSERT_LT(marker, without.size());
    without[marker] = std::byte{'X'};
    const auto ignored =
        rgb_of(resized(without, {.width = 40, .format = Format::png}).bytes.view());
    EXPECT_GT(difference(applied, ignored), 1);
}

TEST_F(ImageResize, a_profile_that_makes_no_sense_is_ignored) {
    Bytes broken = photo("profile.jpg");
    const std::size_t signature = position_of("acsp", broken);  // in each profile's header
    ASSERT_LT(signature, broken.size());
    broken[signature] = std::byte{0};
    EXPECT_EQ(size_of(resized(broken, {.width = 40}).bytes.view()), (ImageSize{40, 30}));
}

TEST_F(ImageResize, a_cmyk_photo_with_a_profile_shows_the_same_as_without) {
    const Bytes file = photo("cmyk.jpg");
    const ImagePtr cmyk = look(file);
    void* data = nullptr;
    std::size_t size = 0;
    ASSERT_EQ(vips_jpegsave_buffer(cmyk.get(), &data, &size, "profile", "cmyk", nullptr), 0);
    const ImageBytes tagged{std::unique_ptr<std::byte[], GFree>(static_cast<std::byte*>(data)),
                            size};
    const auto seen =
        rgb_of(resized(tagged.view(), {.width = 40, .format = Format::png}).bytes.view());
    const auto expected =
        rgb_of(resized(photo("cmyk.jpg"), {.width = 40, .format = Format::png}).bytes.view());
    EXPECT_LT(difference(seen, expected), 4);
}

TEST_F(ImageResize, quality_decides_the_size_of_the_file) {
    for (const Format format : {Format::jpeg, Format::webp}) {
        const auto low =
            resized(photo("photo.jpg"), {.width = 320, .format = format, .quality = 10});
        const auto high =
            resized(photo("photo.jpg"), {.width = 320, .format = format, .quality = 95});
        EXPECT_LT(low.bytes.size * 2, high.bytes.size);
    }
}

TEST_F(ImageResize, transparency_is_kept_where_the_format_can) {
    for (const char* name : {"rgba.png", "lossless.webp"}) {
        const auto png = resized(photo(name), {.width = 40, .format = Format::png});
        const auto webp = resized(photo(name), {.width = 40, .format = Format::webp});
        const auto jpeg = resized(photo(name), {.width = 40, .format = Format::jpeg});
        EXPECT_TRUE(vips_image_hasalpha(look(png.bytes.view()).get()));
        EXPECT_TRUE(vips_image_hasalpha(look(webp.bytes.view()).get()));
        EXPECT_FALSE(vips_image_hasalpha(look(jpeg.bytes.view()).get()));
        // Far from the sun the photo is transparent: white once it is a JPEG.
        const auto seen = rgb_of(jpeg.bytes.view());
        EXPECT_GT(seen[0], 250);
    }
}

}  // namespace
}  // namespace spillway::handlers
