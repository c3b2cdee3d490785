#include "config/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/cgroup.hpp"

namespace spillway::config {

using ::testing::ElementsAre;

TEST(Cgroup, cpu_max_is_rounded_up_and_at_least_one) {
    EXPECT_EQ(parse_cpu_max("200000 100000\n"), 2U);
    EXPECT_EQ(parse_cpu_max("150000 100000\n"), 2U);
    EXPECT_EQ(parse_cpu_max("10000 100000\n"), 1U);
    EXPECT_EQ(parse_cpu_max("max 100000\n"), std::nullopt);
    EXPECT_EQ(parse_cpu_max("100000 0\n"), std::nullopt);
    EXPECT_EQ(parse_cpu_max("100000"), std::nullopt);
    EXPECT_EQ(parse_cpu_max(""), std::nullopt);
}

TEST(Cgroup, cfs_quota_of_minus_one_is_no_limit) {
    EXPECT_EQ(parse_cfs_quota("300000\n", "100000\n"), 3U);
    EXPECT_EQ(parse_cfs_quota("-1\n", "100000\n"), std::nullopt);
    EXPECT_EQ(parse_cfs_quota("", ""), std::nullopt);
}

TEST(Cgroup, memory_limit_of_max_or_near_the_largest_number_is_none) {
    EXPECT_EQ(parse_memory_limit("536870912\n"), 536870912U);
    EXPECT_EQ(parse_memory_limit("max\n"), std::nullopt);
    EXPECT_EQ(parse_memory_limit("9223372036854771712\n"), std::nullopt);
    EXPECT_EQ(parse_memory_limit(""), std::nullopt);
}

TEST(Cgroup, paths_of_both_versions_are_found) {
    const CgroupPaths v2 = parse_cgroup_paths("0::/system.slice/spillway.service\n");
    EXPECT_EQ(v2.unified, "/system.slice/spillway.service");
    EXPECT_EQ(v2.cpu, std::nullopt);

    const CgroupPaths v1 = parse_cgroup_paths(
        "9:name=systemd:/\n5:cpuacct,cpu:/docker/a\n4:memory:/docker/b\n3:cpuset:/c\n");
    EXPECT_EQ(v1.unified, std::nullopt);
    EXPECT_EQ(v1.cpu, "/docker/a");
    EXPECT_EQ(v1.memory, "/docker/b");
}

TEST(Cgroup, limits_of_the_parents_count_too) {
    EXPECT_THAT(path_and_parents("/a/b"), ElementsAre("/a/b", "/a", ""));
    EXPECT_THAT(path_and_parents("/"), ElementsAre(""));
    EXPECT_THAT(path_and_parents("/../../x"), ElementsAre(""));
}

TEST(Machine, has_a_cpu) { EXPECT_GE(this_machine().cpus, 1U); }

}  // namespace spillway::config
