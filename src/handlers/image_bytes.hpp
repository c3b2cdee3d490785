#pragma once
// A finished image file in the memory in which the encoder left it.

#include <glib.h>

#include <cstddef>
#include <memory>
#include <span>

namespace spillway::handlers {

struct GFree {
    void operator()(void* memory) const noexcept { g_free(memory); }
};

/// Owns the encoder's buffer, so that a reply can be written from it without a copy. Move-only.
struct ImageBytes {
    std::unique_ptr<std::byte[], GFree> data;
    std::size_t size = 0;

    [[nodiscard]] std::span<const std::byte> view() const noexcept { return {data.get(), size}; }
};

}  // namespace spillway::handlers
