// The service manager is told in words, and words take memory.

#include "app/service_manager.hpp"

#include <gtest/gtest.h>

#include <string>

#include "exhaustion/failing_new.hpp"

namespace spillway::app {
namespace {

TEST(ServiceManager, without_memory_for_its_words_it_is_not_told_and_the_process_goes_on) {
    const std::string text(spillway::testing::large_bytes, 'x');
    spillway::testing::reset_allocations();
    const spillway::testing::FailingAllocations failing(1);
    ServiceManager().status(text);
    EXPECT_EQ(spillway::testing::allocations_counted(), 0U) << "it asks for none that may throw";
}

}  // namespace
}  // namespace spillway::app
