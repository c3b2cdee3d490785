#include "handlers/image_format.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "handlers/photo.hpp"

namespace spillway::handlers {
namespace {

using namespace std::string_view_literals;

std::optional<InputFormat> sniffed(std::string_view text) {
    return sniff(std::as_bytes(std::span(text)));
}

TEST(ImageFormat, is_read_from_the_content) {
    EXPECT_EQ(sniff(photo("photo.jpg")), InputFormat::jpeg);
    EXPECT_EQ(sniff(photo("rgb.png")), InputFormat::png);
    EXPECT_EQ(sniff(photo("photo.webp")), InputFormat::webp);
    EXPECT_EQ(sniff(photo("still.gif")), InputFormat::gif);
    EXPECT_EQ(sniff(photo("photo.tif")), InputFormat::tiff);
    EXPECT_EQ(sniffed("MM\0*\0\0\0\x08"sv), InputFormat::tiff);
}

TEST(ImageFormat, anything_else_is_nothing) {
    for (const auto text :
         {""sv, "\xff\xd8"sv, "\x89PNG"sv, "RIFF\0\0\0\0WAVE"sv, "GIF90a"sv, "BM"sv, "%PDF-1.7"sv,
          "<svg xmlns='http://www.w3.org/2000/svg'/>"sv, "<html>"sv, "P6 1 1 255 ..."sv}) {
        EXPECT_FALSE(sniffed(text)) << text;
    }
}

TEST(ImageFormat, the_output_is_as_the_input_where_that_can_be_written) {
    EXPECT_EQ(default_output(InputFormat::jpeg, false), Format::jpeg);
    EXPECT_EQ(default_output(InputFormat::png, false), Format::png);
    EXPECT_EQ(default_output(InputFormat::webp, true), Format::webp);
    EXPECT_EQ(default_output(InputFormat::gif, false), Format::png);
    EXPECT_EQ(default_output(InputFormat::tiff, false), Format::jpeg);
    EXPECT_EQ(default_output(InputFormat::tiff, true), Format::png);
}

}  // namespace
}  // namespace spillway::handlers
