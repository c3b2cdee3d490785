#pragma once
// Ownership of libvips objects. Private to the image files.

#include <vips/vips.h>

#include <memory>

namespace spillway::handlers {

struct Unref {
    template <class Object>
    void operator()(Object* object) const noexcept {
        g_object_unref(object);
    }
};

using ImagePtr = std::unique_ptr<VipsImage, Unref>;
using SourcePtr = std::unique_ptr<VipsSource, Unref>;

/// `call(VipsImage** out)` as an owned image, empty when the call failed. `out` is only read on
/// success: a failing operation may leave anything in it.
template <class Call>
[[nodiscard]] ImagePtr make_image(const Call& call) {
    VipsImage* out = nullptr;
    return ImagePtr(call(&out) == 0 ? out : nullptr);
}

}  // namespace spillway::handlers
