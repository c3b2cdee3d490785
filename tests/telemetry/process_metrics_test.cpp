#include "telemetry/process_metrics.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace spillway::telemetry {
namespace {

TEST(ProcessMetrics, the_kernel_says_all_of_it) {
    const ProcessUsage usage = process_usage();
    EXPECT_TRUE(usage.cpu_seconds.has_value());
    EXPECT_GT(usage.start_time_seconds.value(), 1.7e9);
    EXPECT_GE(usage.threads.value(), 1U);
    EXPECT_GT(usage.resident_bytes.value(), 1U << 20U);
    EXPECT_GE(usage.virtual_bytes.value(), usage.resident_bytes.value());
    EXPECT_GE(usage.max_fds.value(), usage.open_fds.value());
}

TEST(ProcessMetrics, a_descriptor_more_is_one_more) {
    const auto before = process_usage().open_fds.value();
    const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(process_usage().open_fds.value(), before + 1);
    ::close(descriptor);
    EXPECT_EQ(process_usage().open_fds.value(), before);
}

TEST(ProcessMetrics, what_is_unknown_has_no_series) {
    Exposition exposition;
    add_process_metrics(exposition, {.threads = 3});
    const std::string text = exposition.text();
    EXPECT_NE(text.find("process_threads 3\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("\nprocess_open_fds "), std::string::npos) << text;
}

TEST(ProcessMetrics, names_are_those_that_dashboards_know) {
    Exposition exposition;
    add_process_metrics(exposition, process_usage());
    const std::string text = exposition.text();
    for (const std::string name : {"process_cpu_seconds_total", "process_start_time_seconds",
                                   "process_resident_memory_bytes", "process_virtual_memory_bytes",
                                   "process_threads", "process_open_fds", "process_max_fds"}) {
        EXPECT_NE(text.find("\n" + name + " "), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace spillway::telemetry
