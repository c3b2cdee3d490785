#pragma once
// One engine and a clock that stands still, for the tests of ImageEngine.

#include <gtest/gtest.h>

#include <span>
#include <string_view>

#include "handlers/image_resize.hpp"
#include "handlers/photo.hpp"

namespace spillway::handlers {

inline core::TimePoint still_clock() { return core::TimePoint{}; }

class ImageResize : public testing::Test {
protected:
    ImageEngine engine_;

    [[nodiscard]] ImageResult resize(std::span<const std::byte> input, const ResizeParams& params,
                                     const ResizeOptions& options = {}) const {
        return engine_.resize(input, params, options, {}, core::never, still_clock);
    }

    /// The bytes of a resize that must go well.
    [[nodiscard]] ImageResult resized(std::span<const std::byte> input, const ResizeParams& params,
                                      const ResizeOptions& options = {}) const {
        ImageResult result = resize(input, params, options);
        EXPECT_EQ(result.status, ImageStatus::ok) << result.detail;
        return result;
    }
};

}  // namespace spillway::handlers
