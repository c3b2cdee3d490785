#include "handlers/image_plan.hpp"

#include <gtest/gtest.h>

namespace spillway::handlers {
namespace {

struct Row {
    ImageSize image;
    ResizeParams params;
    ImageSize scaled;
    ImageSize output;
};

void expect_plans(std::initializer_list<Row> rows) {
    int row_number = 0;
    for (const Row& row : rows) {
        const ResizePlan expected{row.scaled, row.output};
        const ResizePlan plan = plan_resize(row.image, row.params);
        EXPECT_EQ(plan, expected) << "row " << row_number << ": scaled " << plan.scaled.width
                                  << " x " << plan.scaled.height << ", output " << plan.output.width
                                  << " x " << plan.output.height;
        ++row_number;
    }
}

TEST(ImagePlan, inside_fits_into_the_box_and_keeps_the_aspect) {
    expect_plans({
        {{640, 480}, {.width = 320}, {320, 240}, {320, 240}},
        {{640, 480}, {.height = 120}, {160, 120}, {160, 120}},
        {{640, 480}, {.width = 100, .height = 100}, {100, 75}, {100, 75}},
        {{480, 640}, {.width = 100, .height = 100}, {75, 100}, {75, 100}},
        {{1000, 3}, {.width = 10}, {10, 1}, {10, 1}},
    });
}

TEST(ImagePlan, nothing_grows_unless_asked_to) {
    expect_plans({
        {{64, 48}, {.width = 640}, {64, 48}, {64, 48}},
        {{64, 48}, {.width = 640, .height = 640, .fit = Fit::cover}, {64, 48}, {64, 48}},
        {{64, 48}, {.width = 640, .height = 20, .fit = Fit::fill}, {64, 20}, {64, 20}},
        {{64, 48}, {.width = 640, .enlarge = true}, {640, 480}, {640, 480}},
        {{64, 48},
         {.width = 640, .height = 20, .fit = Fit::fill, .enlarge = true},
         {640, 20},
         {640, 20}},
    });
}

TEST(ImagePlan, cover_fills_the_box_and_cuts_what_sticks_out) {
    expect_plans({
        {{640, 480}, {.width = 100, .height = 100, .fit = Fit::cover}, {133, 100}, {100, 100}},
        {{480, 640}, {.width = 100, .height = 100, .fit = Fit::cover}, {100, 133}, {100, 100}},
        // The box is wider than the image: only the other axis is cut.
        {{100, 100}, {.width = 200, .height = 50, .fit = Fit::cover}, {100, 100}, {100, 50}},
        {{100, 100},
         {.width = 200, .height = 50, .fit = Fit::cover, .enlarge = true},
         {200, 200},
         {200, 50}},
    });
}

TEST(ImagePlan, with_one_side_given_every_fit_keeps_the_aspect) {
    expect_plans({
        {{640, 480}, {.width = 320, .fit = Fit::cover}, {320, 240}, {320, 240}},
        {{640, 480}, {.height = 240, .fit = Fit::fill}, {320, 240}, {320, 240}},
    });
}

TEST(ImagePlan, the_result_is_never_outside_the_box) {
    for (std::uint32_t width = 1; width < 200; width += 7) {
        for (std::uint32_t height = 1; height < 200; height += 11) {
            for (const Fit fit : {Fit::inside, Fit::cover, Fit::fill}) {
                const ResizePlan plan = plan_resize(
                    {width, height}, {.width = 37, .height = 53, .fit = fit, .enlarge = true});
                EXPECT_GE(plan.output.width, 1u);
                EXPECT_GE(plan.output.height, 1u);
                EXPECT_LE(plan.output.width, 37u);
                EXPECT_LE(plan.output.height, 53u);
                EXPECT_TRUE(fit == Fit::inside || plan.output == (ImageSize{37, 53}));
            }
        }
    }
}

TEST(ImagePlan, an_extreme_aspect_saturates_instead_of_wrapping) {
    const ResizePlan plan = plan_resize({50'000'000, 1}, {.height = 8192, .enlarge = true});
    EXPECT_EQ(plan.output.width, 2'147'483'647u);
}

TEST(ImagePlan, a_decoder_shrinks_by_the_axis_that_shrinks_less) {
    EXPECT_EQ(shrink_on_load({640, 480}, {160, 120}), 4);
    EXPECT_EQ(shrink_on_load({640, 480}, {640, 10}), 1);
    EXPECT_EQ(shrink_on_load({640, 480}, {1280, 960}), 1);
}

}  // namespace
}  // namespace spillway::handlers
