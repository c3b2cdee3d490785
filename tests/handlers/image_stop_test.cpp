// Stopping a resize, and many of them at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "handlers/resize_harness.hpp"

namespace spillway::handlers {
namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint deadline{1s};

// A clock that counts how often the resize looks at it. libvips' threads look too, so: atomic.
std::atomic<int> looks = 0;
std::atomic<int> looks_until_late = 0;

core::TimePoint counting_clock() {
    return ++looks > looks_until_late ? deadline : core::TimePoint{};
}

ImageResult resize_until(const ImageEngine& engine, std::span<const std::byte> input,
                         const ResizeParams& params, int looks_allowed) {
    looks = 0;
    looks_until_late = looks_allowed;
    return engine.resize(input, params, {}, {}, deadline, counting_clock);
}

TEST_F(ImageResize, a_stop_requested_before_the_start_ends_it_at_once) {
    std::stop_source source;
    source.request_stop();
    const auto result = engine_.resize(photo("photo.jpg"), {.width = 40}, {}, source.get_token(),
                                       core::never, still_clock);
    EXPECT_EQ(result.status, ImageStatus::stopped);
    EXPECT_EQ(result.bytes.size, 0u);
}

TEST_F(ImageResize, a_deadline_that_has_passed_ends_it_at_once) {
    EXPECT_EQ(resize_until(engine_, photo("photo.jpg"), {.width = 40}, 0).status,
              ImageStatus::stopped);
}

TEST_F(ImageResize, wherever_the_deadline_comes_the_result_is_whole_or_stopped) {
    for (const char* name : {"photo.jpg", "progressive.jpg", "orientation6.jpg", "rgb.png",
                             "interlaced.png", "photo.webp", "still.gif", "photo.tif"}) {
        SCOPED_TRACE(name);
        const auto input = photo(name);
        const ResizeParams params{.width = 64, .height = 64, .fit = Fit::cover};
        ASSERT_EQ(resize_until(engine_, input, params, 1'000'000).status, ImageStatus::ok);
        const int looks_in_all = looks;
        EXPECT_GT(looks_in_all, 6);
        for (int allowed = 0; allowed < looks_in_all; ++allowed) {
            const auto result = resize_until(engine_, input, params, allowed);
            // How often libvips' threads look differs a little from run to run, so the last few may
            // come too late.
            const bool may_be_done = allowed > looks_in_all / 2;
            EXPECT_TRUE(result.status == ImageStatus::stopped ||
                        (may_be_done && result.status == ImageStatus::ok))
                << allowed << " of " << looks_in_all << ": " << result.detail;
        }
    }
}

TEST_F(ImageResize, a_large_photo_looks_at_the_clock_every_few_rows) {
    // 2560 x 1920 pixels: enough looks that between two of them little happens.
    for (const Format format : {Format::jpeg, Format::png}) {
        const auto large =
            resized(photo("photo.jpg"), {.width = 2560, .format = format, .enlarge = true});
        ASSERT_EQ(resize_until(engine_, large.bytes.view(), {.width = 1280}, 1'000'000).status,
                  ImageStatus::ok);
        EXPECT_GT(looks, 60);
    }
}

TEST_F(ImageResize, a_stop_requested_by_another_thread_ends_it_midway) {
    static std::latch* has_begun = nullptr;
    static std::latch* was_stopped = nullptr;
    std::latch begun(1);
    std::latch stopped(1);
    has_begun = &begun;
    was_stopped = &stopped;
    looks = 0;
    // At the tenth look the pipeline is running: it waits there for the other thread's request.
    const auto waiting_clock = +[] {
        if (++looks == 10) {
            has_begun->count_down();
            was_stopped->wait();
        }
        return core::TimePoint{};
    };
    std::stop_source source;
    std::jthread other([&] {
        begun.wait();
        source.request_stop();
        stopped.count_down();
    });
    const auto result = engine_.resize(photo("photo.jpg"), {.width = 320}, {}, source.get_token(),
                                       core::never, waiting_clock);
    EXPECT_EQ(result.status, ImageStatus::stopped);
}

TEST_F(ImageResize, after_a_stop_the_next_one_goes_well) {
    const auto expected = resized(photo("photo.jpg"), {.width = 64});
    ASSERT_EQ(resize_until(engine_, photo("photo.jpg"), {.width = 64}, 8).status,
              ImageStatus::stopped);
    const auto result = resized(photo("photo.jpg"), {.width = 64});
    EXPECT_TRUE(std::ranges::equal(result.bytes.view(), expected.bytes.view()));
}

int objects_alive() {
    int count = 0;
    const auto count_one = +[](void* /*object*/, void* counter, void* /*unused*/) -> void* {
        ++*static_cast<int*>(counter);
        return nullptr;
    };
    vips_object_map(count_one, &count, nullptr);
    return count;
}

TEST_F(ImageResize, whatever_became_of_it_nothing_stays_alive) {
    // The encoders of libvips hold the whole pipeline, decoder included, until they are gone.
    for (const char* name : {"photo.jpg", "orientation6.jpg", "rgba.png", "interlaced.png",
                             "photo.webp", "animated.gif", "photo.tif"}) {
        const Bytes whole = photo(name);
        for (const Format format : {Format::jpeg, Format::png, Format::webp}) {
            SCOPED_TRACE(std::string(name) + " as " + std::string(display_name(format)));
            const ResizeParams params{
                .width = 100, .height = 90, .fit = Fit::cover, .format = format};
            ASSERT_EQ(resize(whole, params).status, ImageStatus::ok);
            const int before = objects_alive();
            EXPECT_EQ(resize(whole, params).status, ImageStatus::ok);
            for (const std::size_t percent : {3, 50, 90}) {
                const auto part = std::span(whole).first(whole.size() * percent / 100);
                EXPECT_NE(resize(part, params).status, ImageStatus::failed);
            }
            for (int allowed = 0; allowed < 12; ++allowed) {
                EXPECT_NE(resize_until(engine_, whole, params, allowed).status,
                          ImageStatus::failed);
            }
            EXPECT_EQ(objects_alive(), before);
        }
    }
}

TEST_F(ImageResize, many_threads_at_once_get_the_same_bytes_as_one_alone) {
    const std::array inputs{photo("photo.jpg"), photo("orientation6.jpg"), photo("rgba.png"),
                            photo("photo.webp"), photo("profile.jpg")};
    const Bytes whole = photo("photo.jpg");
    const auto truncated = std::span(whole).first(whole.size() / 2);
    std::vector<Bytes> expected;
    for (const Bytes& input : inputs) {
        const auto alone = resized(input, {.width = 96});
        expected.emplace_back(alone.bytes.view().begin(), alone.bytes.view().end());
    }
    constexpr int thread_count = 4;
    std::latch start(thread_count);
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < thread_count; ++t) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int round = 0; round < 5; ++round) {
                for (std::size_t i = 0; i < inputs.size(); ++i) {
                    const auto result = resize(inputs[i], {.width = 96});
                    wrong += std::ranges::equal(result.bytes.view(), expected[i]) ? 0 : 1;
                }
                // Others' errors are nobody's business.
                wrong += resize(truncated, {.width = 96}).status == ImageStatus::impossible ? 0 : 1;
            }
            ImageEngine::thread_exit();
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace spillway::handlers
