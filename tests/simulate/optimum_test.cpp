#include "simulate/optimum.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace spillway::simulate {

using namespace std::chrono_literals;
using ::testing::DoubleEq;
using ::testing::ElementsAre;

namespace {

/// 100 units of work a second: one in each bin of 10 ms.
scenario::Service service() {
    scenario::Service service;
    service.time = 10ms;
    service.workers = 1;
    return service;
}

Demand demand(std::vector<double> work) {
    Demand demand;
    demand.bin = 10ms;
    demand.work = std::move(work);
    return demand;
}

std::vector<double> optimum(const Demand& demand, core::Duration slo) {
    const scenario::Service one = service();
    return optimum_work(demand, ServiceModel{one, 1}, slo);
}

}  // namespace

TEST(Optimum, is_what_is_offered_below_capacity_and_capacity_above_it) {
    EXPECT_THAT(optimum(demand({0.5, 0, 1}), 20ms), ElementsAre(0.5, 0, 1));
    EXPECT_THAT(optimum(demand({2, 2, 2}), 10ms), ElementsAre(1, 1, 1));
}

TEST(Optimum, does_of_a_burst_what_can_be_done_within_the_slo) {
    EXPECT_THAT(optimum(demand({5, 0, 0, 0, 0, 0}), 20ms), ElementsAre(1, 1, 1, 0, 0, 0));
    // Clients who come back can be served later.
    Demand with_retries = demand({3, 0, 0, 0, 0, 0});
    with_retries.comes_back = true;
    EXPECT_THAT(optimum(with_retries, 10ms), ElementsAre(1, 1, 1, 0, 0, 0));
}

TEST(MaxMin, gives_what_small_demands_leave_to_the_large_ones) {
    const std::vector<double> equal(3, 1.0);
    EXPECT_THAT(max_min_parts({1, 5, 10}, equal, 9),
                ElementsAre(DoubleEq(1), DoubleEq(4), DoubleEq(4)));
    EXPECT_THAT(max_min_parts({1, 2, 3}, equal, 100),
                ElementsAre(DoubleEq(1), DoubleEq(2), DoubleEq(3)));
    EXPECT_THAT(max_min_parts({10, 10}, {3, 1}, 8), ElementsAre(DoubleEq(6), DoubleEq(2)));
    EXPECT_THAT(max_min_parts({}, {}, 8), ElementsAre());
}

TEST(Jain, is_one_for_equals_and_one_nth_for_one_who_has_all) {
    EXPECT_DOUBLE_EQ(jain_index({1, 4}, {1, 4}), 1);
    EXPECT_DOUBLE_EQ(jain_index({5, 0, 0, 0}, {5, 5, 5, 5}), 0.25);
    // Nobody is unfair to those who ask for nothing.
    EXPECT_DOUBLE_EQ(jain_index({5, 0}, {5, 0}), 1);
}

}  // namespace spillway::simulate
