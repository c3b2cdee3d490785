#include "generator/retry.hpp"

#include <gtest/gtest.h>

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;
using scenario::RetryMode;

scenario::Retry retry(RetryMode mode) { return {mode, 3, scenario::Millis{250}}; }

TEST(Retry, a_naive_client_comes_back_after_its_delay_whatever_it_was_told) {
    EXPECT_EQ(retry_delay(retry(RetryMode::naive), 1, Ending::rejected, 7), 250ms);
    EXPECT_EQ(retry_delay(retry(RetryMode::naive), 2, Ending::failed, {}), 250ms);
}

TEST(Retry, an_obedient_client_comes_back_when_it_was_told_to) {
    EXPECT_EQ(retry_delay(retry(RetryMode::obedient), 1, Ending::rejected, 7), 7s);
    EXPECT_EQ(retry_delay(retry(RetryMode::obedient), 1, Ending::rejected, {}), 250ms);
    EXPECT_EQ(retry_delay(retry(RetryMode::obedient), 1, Ending::rejected, 0), 250ms);
}

TEST(Retry, nobody_comes_back_more_often_than_allowed_or_without_a_cause) {
    EXPECT_EQ(retry_delay(retry(RetryMode::naive), 3, Ending::rejected, {}), std::nullopt);
    EXPECT_EQ(retry_delay(retry(RetryMode::none), 1, Ending::rejected, 7), std::nullopt);
    for (const auto ending :
         {Ending::good, Ending::late, Ending::error, Ending::left, Ending::unsent})
        EXPECT_EQ(retry_delay(retry(RetryMode::naive), 1, ending, {}), std::nullopt);
}

}  // namespace
}  // namespace spillway::loadtest
