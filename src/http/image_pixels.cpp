#include "http/image_pixels.hpp"

#include <cstddef>
#include <string_view>

namespace spillway::http {

namespace {

constexpr int jpeg_steps_max = 4096;             // segments and fill bytes
constexpr std::uint64_t tiff_entries_max = 256;  // they are in order: size is among the first

using Pixels = std::optional<std::uint64_t>;

Pixels area(std::uint64_t width, std::uint64_t height) noexcept {
    if (width == 0 || height == 0) return std::nullopt;
    if (width > UINT64_MAX / height) return UINT64_MAX;
    return width * height;
}

/// Numbers of a file. Outside of it `ok` becomes false, and all is 0.
class Bytes {
public:
    explicit Bytes(std::span<const char> file) noexcept : file_(file) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }

    [[nodiscard]] bool has(std::uint64_t at, std::string_view text) const noexcept {
        if (at > file_.size() || file_.size() - at < text.size()) return false;
        return std::string_view(file_.data() + at, text.size()) == text;
    }
    [[nodiscard]] std::uint64_t big(std::uint64_t at, unsigned bytes) noexcept {
        if (!contains(at, bytes)) return 0;
        std::uint64_t value = 0;
        for (unsigned i = 0; i < bytes; ++i) value = value << 8U | byte(at + i);
        return value;
    }
    [[nodiscard]] std::uint64_t little(std::uint64_t at, unsigned bytes) noexcept {
        if (!contains(at, bytes)) return 0;
        std::uint64_t value = 0;
        for (unsigned i = bytes; i-- > 0;) value = value << 8U | byte(at + i);
        return value;
    }

private:
    [[nodiscard]] bool contains(std::uint64_t at, unsigned bytes) noexcept {
        ok_ = ok_ && at <= file_.size() && file_.size() - at >= bytes;
        return ok_;
    }
    [[nodiscard]] std::uint8_t byte(std::uint64_t at) const noexcept {
        return static_cast<std::uint8_t>(file_[at]);
    }

    std::span<const char> file_;
    bool ok_ = true;
};

Pixels png(Bytes file) noexcept {
    if (!file.has(12, "IHDR")) return std::nullopt;
    return area(file.big(16, 4), file.big(20, 4));
}

Pixels gif(Bytes file) noexcept { return area(file.little(6, 2), file.little(8, 2)); }

Pixels webp(Bytes file) noexcept {
    if (file.has(12, "VP8X")) {
        const std::uint64_t width = 1 + file.little(24, 3);
        const std::uint64_t height = 1 + file.little(27, 3);
        return file.ok() ? area(width, height) : std::nullopt;
    }
    if (file.has(12, "VP8L") && file.has(20, "\x2f")) {
        const std::uint64_t bits = file.little(21, 4);
        return file.ok() ? area(1 + (bits & 0x3fff), 1 + (bits >> 14U & 0x3fff)) : std::nullopt;
    }
    if (file.has(12, "VP8 ") && file.has(23, "\x9d\x01\x2a"))
        return area(file.little(26, 2) & 0x3fff, file.little(28, 2) & 0x3fff);
    return std::nullopt;
}

bool is_frame_header(std::uint64_t marker) noexcept {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

Pixels jpeg(Bytes file) noexcept {
    std::uint64_t at = 2;
    for (int step = 0; step < jpeg_steps_max; ++step) {
        const std::uint64_t lead = file.big(at, 1);
        const std::uint64_t marker = file.big(at + 1, 1);
        if (!file.ok() || lead != 0xff) return std::nullopt;
        if (marker == 0xff) {  // a fill byte
            ++at;
        } else if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {  // stands alone
            at += 2;
        } else if (is_frame_header(marker)) {
            const std::uint64_t height = file.big(at + 5, 2);
            const std::uint64_t width = file.big(at + 7, 2);
            return area(width, height);
        } else {
            const std::uint64_t length = file.big(at + 2, 2);
            // Scan data, or the end: the frame should have come before.
            if (marker == 0xd9 || marker == 0xda || length < 2) return std::nullopt;
            at += 2 + length;
        }
    }
    return std::nullopt;
}

/// A TIFF file or a BigTIFF file, in one byte order or the other.
class Tiff {
public:
    Tiff(Bytes file, bool is_big_endian, bool is_big_tiff) noexcept
        : file_(file), is_big_endian_(is_big_endian), wide_(is_big_tiff) {}

    [[nodiscard]] Pixels pixels() noexcept {
        const std::uint64_t directory = wide_ ? number(8, 8) : number(4, 4);
        const std::uint64_t count = number(directory, wide_ ? 8 : 2);
        if (!file_.ok()) return std::nullopt;
        std::uint64_t width = 0;
        std::uint64_t height = 0;
        for (std::uint64_t i = 0; i < count && i < tiff_entries_max; ++i) {
            const std::uint64_t entry = directory + (wide_ ? 8 + 20 * i : 2 + 12 * i);
            const std::uint64_t tag = number(entry, 2);
            if (tag == 256) width = value(entry);
            if (tag == 257) height = value(entry);
            if (!file_.ok() || (width != 0 && height != 0)) break;
        }
        return file_.ok() ? area(width, height) : std::nullopt;
    }

private:
    [[nodiscard]] std::uint64_t number(std::uint64_t at, unsigned bytes) noexcept {
        return is_big_endian_ ? file_.big(at, bytes) : file_.little(at, bytes);
    }
    [[nodiscard]] std::uint64_t value(std::uint64_t entry) noexcept {
        const std::uint64_t at = entry + (wide_ ? 12 : 8);
        switch (number(entry + 2, 2)) {
            case 3:  // SHORT
                return number(at, 2);
            case 4:  // LONG
                return number(at, 4);
            case 16:  // LONG8
                return wide_ ? number(at, 8) : 0;
            default:
                return 0;
        }
    }

    Bytes file_;
    bool is_big_endian_;
    bool wide_;
};

Pixels pixels_of(Bytes file) noexcept {
    using namespace std::string_view_literals;
    if (file.has(0, "\x89PNG\r\n\x1a\n")) return png(file);
    if (file.has(0, "\xff\xd8")) return jpeg(file);
    if (file.has(0, "RIFF") && file.has(8, "WEBP")) return webp(file);
    if (file.has(0, "GIF87a") || file.has(0, "GIF89a")) return gif(file);
    if (file.has(0, "II*\0"sv)) return Tiff(file, false, false).pixels();
    if (file.has(0, "MM\0*"sv)) return Tiff(file, true, false).pixels();
    if (file.has(0, "II+\0"sv)) return Tiff(file, false, true).pixels();
    if (file.has(0, "MM\0+"sv)) return Tiff(file, true, true).pixels();
    return std::nullopt;
}

}  // namespace

Pixels image_pixels(std::span<const char> file) noexcept { return pixels_of(Bytes(file)); }

}  // namespace spillway::http
