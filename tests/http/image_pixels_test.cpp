#include "http/image_pixels.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spillway::http {
namespace {

using Result = std::optional<std::uint64_t>;

Result pixels(const std::string& file) { return image_pixels({file.data(), file.size()}); }

std::string big(std::uint64_t value, unsigned bytes) {
    std::string text;
    for (unsigned i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}
std::string little(std::uint64_t value, unsigned bytes) {
    const std::string text = big(value, bytes);
    return {text.rbegin(), text.rend()};
}

std::string png(std::uint64_t width, std::uint64_t height) {
    return "\x89PNG\r\n\x1a\n" + big(13, 4) + "IHDR" + big(width, 4) + big(height, 4);
}
std::string gif(std::uint64_t width, std::uint64_t height) {
    return "GIF89a" + little(width, 2) + little(height, 2);
}
std::string webp(const std::string& chunk) { return "RIFF" + little(99, 4) + "WEBP" + chunk; }
std::string webp_extended(std::uint64_t width, std::uint64_t height) {
    return webp("VP8X" + little(10, 4) + little(0, 4) + little(width - 1, 3) +
                little(height - 1, 3));
}
std::string webp_lossless(std::uint64_t width, std::uint64_t height) {
    return webp("VP8L" + little(9, 4) + "\x2f" + little((width - 1) | (height - 1) << 14, 4));
}
std::string webp_lossy(std::uint64_t width, std::uint64_t height) {
    return webp("VP8 " + little(9, 4) + little(0, 3) + "\x9d\x01\x2a" + little(width, 2) +
                little(height, 2));
}
std::string segment(unsigned marker, std::size_t bytes) {
    return "\xff" + big(marker, 1) + big(bytes + 2, 2) + std::string(bytes, 'x');
}
std::string jpeg(std::uint64_t width, std::uint64_t height, const std::string& before,
                 unsigned frame = 0xc0) {
    return "\xff\xd8" + before + "\xff" + big(frame, 1) + big(17, 2) + "\x08" + big(height, 2) +
           big(width, 2);
}
std::string tiff(std::uint64_t width, std::uint64_t height, unsigned others = 0) {
    std::string file = "II*" + little(0, 1) + little(8, 4) + little(others + 2, 2);
    for (unsigned i = 0; i < others; ++i) file += little(254, 2) + little(4, 2) + little(1, 8);
    file += little(256, 2) + little(3, 2) + little(1, 4) + little(width, 4);
    return file + little(257, 2) + little(4, 2) + little(1, 4) + little(height, 4);
}
std::string tiff_big_endian(std::uint64_t width, std::uint64_t height) {
    return "MM" + big(0, 1) + "*" + big(8, 4) + big(2, 2) + big(256, 2) + big(4, 2) + big(1, 4) +
           big(width, 4) + big(257, 2) + big(3, 2) + big(1, 4) + big(height, 2) + big(0, 2);
}
std::string big_tiff(std::uint64_t width, std::uint64_t height) {
    return "II+" + little(0, 1) + little(8, 2) + little(0, 2) + little(16, 8) + little(2, 8) +
           little(256, 2) + little(16, 2) + little(1, 8) + little(width, 8) + little(257, 2) +
           little(16, 2) + little(1, 8) + little(height, 8);
}

std::vector<std::string> all_of(std::uint64_t width, std::uint64_t height) {
    return {png(width, height),
            gif(width, height),
            webp_extended(width, height),
            webp_lossless(width, height),
            webp_lossy(width, height),
            jpeg(width, height, segment(0xe0, 14) + segment(0xdb, 65)),
            jpeg(width, height, "", 0xc2),
            tiff(width, height),
            tiff_big_endian(width, height),
            big_tiff(width, height)};
}

TEST(image_pixels, are_those_that_the_header_claims) {
    for (const auto& file : all_of(640, 481)) EXPECT_EQ(pixels(file), 640U * 481) << file;
    for (const auto& file : all_of(1, 1)) EXPECT_EQ(pixels(file), 1U) << file;
    EXPECT_EQ(pixels(jpeg(3, 5, "\xff\xff\xff\xff\x01\xff\xd3" + segment(0xc4, 30))), 15U)
        << "fill bytes, markers that stand alone, tables that look like frames";
}

TEST(image_pixels, a_file_that_is_cut_off_has_none) {
    for (const auto& file : all_of(640, 481)) {
        for (std::size_t n = 0; n < file.size() - 2; ++n)
            EXPECT_EQ(pixels(file.substr(0, n)), std::nullopt) << file << " cut at " << n;
    }
}

TEST(image_pixels, other_files_have_none) {
    EXPECT_EQ(pixels(""), std::nullopt);
    EXPECT_EQ(pixels("BM" + std::string(100, 'x')), std::nullopt);
    EXPECT_EQ(pixels(webp("ALPH" + std::string(100, 'x'))), std::nullopt);
    EXPECT_EQ(pixels("\xff\xd8\xff\xd9" + std::string(100, 'x')), std::nullopt) << "ends at once";
    EXPECT_EQ(pixels("\xff\xd8\xff\xda" + std::string(100, 'x')), std::nullopt) << "no frame";
    EXPECT_EQ(pixels("\xff\xd8\xff\xe0" + std::string(100, '\0')), std::nullopt)
        << "a segment shorter than its length";
    EXPECT_EQ(pixels(png(0, 100)), std::nullopt);
    EXPECT_EQ(pixels(gif(0, 0)), std::nullopt);
}

TEST(image_pixels, absurd_sizes_saturate) {
    EXPECT_EQ(pixels(png(UINT32_MAX, UINT32_MAX)), std::uint64_t{UINT32_MAX} * UINT32_MAX);
    EXPECT_EQ(pixels(big_tiff(UINT64_MAX, UINT32_MAX)), UINT64_MAX);
}

TEST(image_pixels, the_search_is_bounded) {
    std::string many;
    for (int i = 0; i < 5000; ++i) many += segment(0xe1, 0);
    EXPECT_EQ(pixels(jpeg(3, 5, many)), std::nullopt);
    EXPECT_EQ(pixels(jpeg(3, 5, std::string(1'000'000, '\xff'))), std::nullopt);
    EXPECT_EQ(pixels(tiff(3, 5, 200)), 15U);
    EXPECT_EQ(pixels(tiff(3, 5, 300)), std::nullopt);
    // A directory far outside, and one with more entries than there are bytes.
    EXPECT_EQ(pixels("II*" + little(0, 1) + little(UINT32_MAX, 4)), std::nullopt);
    EXPECT_EQ(pixels("II+" + little(0, 1) + little(8, 2) + little(0, 2) + little(UINT64_MAX, 8)),
              std::nullopt);
    EXPECT_EQ(pixels("II+" + little(0, 1) + little(8, 2) + little(0, 2) + little(16, 8) +
                     little(UINT64_MAX, 8)),
              std::nullopt);
}

TEST(image_pixels, no_bytes_break_it) {
    std::uint64_t state = 7;
    const auto draw = [&state] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return state >> 33;
    };
    for (const auto& whole : all_of(640, 481)) {
        for (int i = 0; i < 2000; ++i) {
            std::string file = whole;
            for (int n = 0; n < 3; ++n) file[draw() % file.size()] = static_cast<char>(draw());
            (void)pixels(file);
        }
    }
}

}  // namespace
}  // namespace spillway::http
