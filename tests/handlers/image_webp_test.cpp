#include "handlers/image_webp.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "handlers/photo.hpp"

namespace spillway::handlers {
namespace {

using namespace std::string_view_literals;

std::size_t drop(std::string& file) {
    return drop_webp_exif(std::as_writable_bytes(std::span(file)));
}

TEST(ImageWebp, tells_its_canvas_without_being_opened) {
    EXPECT_EQ(webp_canvas(photo("photo.webp")), (ImageSize{640, 480}));
    EXPECT_EQ(webp_canvas(photo("lossless.webp")), (ImageSize{160, 120}));
    EXPECT_EQ(webp_canvas(photo("animated.webp")), (ImageSize{160, 120}));
    const Bytes whole = photo("photo.webp");
    EXPECT_FALSE(webp_canvas(std::span(whole).first(29)));
}

TEST(ImageWebp, loses_its_exif_chunk_and_nothing_else) {
    const std::string before(
        "RIFF\x2e\0\0\0WEBPVP8X\x0a\0\0\0\x18\0\0\0\1\0\0\1\0\0VP8 \3\0\0\0abc\0"sv);
    std::string file = before + std::string("EXIF\4\0\0\0Exif"sv);
    EXPECT_EQ(drop(file), before.size());
    file.resize(before.size());
    std::string expected = before;
    expected[4] = static_cast<char>(before.size() - 8);
    expected[20] = 0x10;  // still has alpha, no EXIF any more
    EXPECT_EQ(file, expected);
}

TEST(ImageWebp, without_a_last_exif_chunk_stays_as_it_is) {
    const std::string_view head = "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\1\0\0\1\0\0"sv;
    for (const auto tail : {"VP8 \4\0\0\0abcd"sv, "EXIF\4\0\0\0ExifVP8 \0\0\0\0"sv,
                            "EXIF\xff\xff\xff\xff"sv, "EXI"sv}) {
        std::string file = std::string(head) + std::string(tail);
        const std::string before = file;
        EXPECT_EQ(drop(file), before.size());
        EXPECT_EQ(file, before);
    }
    std::string simple("RIFF\0\0\0\0WEBPVP8 \x0c\0\0\0aaaaEXIFaaaa"sv);
    EXPECT_EQ(drop(simple), simple.size());
}

}  // namespace
}  // namespace spillway::handlers
