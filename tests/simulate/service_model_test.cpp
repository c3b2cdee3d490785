#include "simulate/service_model.hpp"

#include <gtest/gtest.h>

#include "simulate/in_service.hpp"

namespace spillway::simulate {

using core::Duration;
using core::TimePoint;
using namespace std::chrono_literals;

namespace {

scenario::Service ten_workers() {
    scenario::Service service;
    service.time = 100ms;
    service.workers = 10;
    return service;
}

TimePoint at(Duration since_begin) { return TimePoint{since_begin}; }

}  // namespace

TEST(ServiceModel, shares_what_there_is_beyond_the_knee) {
    const scenario::Service service = ten_workers();
    const ServiceModel model{service, 1};
    EXPECT_DOUBLE_EQ(model.slowness(1), 1);
    EXPECT_DOUBLE_EQ(model.slowness(10), 1);
    EXPECT_DOUBLE_EQ(model.slowness(20), 2);
    EXPECT_DOUBLE_EQ(model.slowness(10'000), 1000);
    // Ten at a time, a tenth of a second each.
    EXPECT_DOUBLE_EQ(model.capacity(0s, 1s), 100);
    EXPECT_EQ(model.best_units(0s, 1s), 10u);
}

TEST(ServiceModel, loses_throughput_to_contention) {
    scenario::Service service = ten_workers();
    service.contention = 1;
    const ServiceModel model{service, 1};
    EXPECT_DOUBLE_EQ(model.slowness(10), 1);
    EXPECT_DOUBLE_EQ(model.slowness(20), 4);  // twice for the share, twice for the contention
}

TEST(ServiceModel, collapses_where_memory_runs_out) {
    scenario::Service service = ten_workers();
    service.memory_each = 100;
    service.memory_max = 500;
    service.thrash = 10;
    const ServiceModel model{service, 1};
    EXPECT_DOUBLE_EQ(model.slowness(5), 1);
    EXPECT_DOUBLE_EQ(model.slowness(6), 3);
    EXPECT_EQ(model.best_units(0s, 1s), 5u);
    EXPECT_DOUBLE_EQ(model.capacity(0s, 1s), 50);
}

TEST(ServiceModel, is_slow_from_the_begin_of_a_slowdown_until_its_end) {
    scenario::Service service = ten_workers();
    service.slowdowns = {
        {.from = scenario::Millis{1000}, .length = scenario::Millis{500}, .factor = 3}};
    const ServiceModel model{service, 1};
    EXPECT_DOUBLE_EQ(model.factor(999ms), 1);
    EXPECT_DOUBLE_EQ(model.factor(1000ms), 3);
    EXPECT_DOUBLE_EQ(model.factor(1500ms), 1);
    EXPECT_EQ(model.next_change(0s), at(1000ms));
    EXPECT_EQ(model.next_change(1000ms), at(1500ms));
    EXPECT_EQ(model.next_change(1500ms), core::never);
    EXPECT_NEAR(model.capacity(1200ms, 1s), 100.0 / 3, 1e-9);
    // What cannot be done within the slo at any number is no capacity.
    EXPECT_DOUBLE_EQ(model.capacity(1200ms, 299ms), 0);
}

TEST(ServiceModel, draws_times_with_the_mean_that_it_was_told) {
    for (const auto times :
         {scenario::Times::constant, scenario::Times::exponential, scenario::Times::lognormal}) {
        scenario::Service service = ten_workers();
        service.times = times;
        ServiceModel model{service, 7};
        double sum = 0;
        for (int i = 0; i < 100'000; ++i) sum += model.draw(2);
        EXPECT_NEAR(sum / 100'000, 0.2, 0.003) << static_cast<int>(times);
    }
}

TEST(InService, ends_one_after_its_own_work) {
    const scenario::Service service = ten_workers();
    const ServiceModel model{service, 1};
    InService in_service{model};
    in_service.advance_to(at(50ms));
    in_service.begin(3, 0, 1, 0.1);
    EXPECT_EQ(in_service.next_event(), at(150ms));
    in_service.advance_to(at(150ms));
    InService::Done done;
    ASSERT_TRUE(in_service.take_done(done));
    EXPECT_EQ(done.slot, 3u);
    in_service.end(1);
    EXPECT_FALSE(in_service.take_done(done));
    EXPECT_EQ(in_service.next_event(), core::never);
}

TEST(InService, slows_all_down_by_a_newcomer_beyond_the_knee) {
    scenario::Service service = ten_workers();
    service.workers = 1;
    const ServiceModel model{service, 1};
    InService in_service{model};
    in_service.begin(1, 0, 1, 0.1);
    EXPECT_EQ(in_service.next_event(), at(100ms));
    // Half done when another comes: what is left takes twice as long.
    in_service.advance_to(at(50ms));
    in_service.begin(2, 0, 1, 0.1);
    EXPECT_EQ(in_service.next_event(), at(150ms));
    in_service.advance_to(at(150ms));
    InService::Done done;
    ASSERT_TRUE(in_service.take_done(done));
    EXPECT_EQ(done.slot, 1u);
    in_service.end(1);
    // The other is half done too, and alone now.
    EXPECT_EQ(in_service.next_event(), at(200ms));
}

TEST(InService, takes_longer_while_the_downstream_is_slow) {
    scenario::Service service = ten_workers();
    service.slowdowns = {
        {.from = scenario::Millis{50}, .length = scenario::Millis{60}, .factor = 3}};
    const ServiceModel model{service, 1};
    InService in_service{model};
    in_service.begin(1, 0, 1, 0.1);
    // 50 ms at full speed, 60 ms at a third of it, and 30 ms are left.
    EXPECT_EQ(in_service.next_event(), at(50ms));
    in_service.advance_to(at(50ms));
    EXPECT_EQ(in_service.next_event(), at(110ms));
    in_service.advance_to(at(110ms));
    EXPECT_EQ(in_service.next_event(), at(140ms));
}

}  // namespace spillway::simulate
