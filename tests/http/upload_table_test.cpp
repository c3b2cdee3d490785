// The numbers of a shard's uploads: found while they last, and never another one's.

#include "http/upload_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace spillway::http {
namespace {

/// Not looked at by the table.
Session& session(std::uintptr_t number) { return *reinterpret_cast<Session*>(number * 64); }

TEST(UploadTable, finds_an_upload_until_it_leaves_and_not_its_successor_in_that_place) {
    UploadTable table(3);
    const auto first = table.enter(session(1));
    EXPECT_EQ(UploadTable::shard_of(first), 3U);
    EXPECT_EQ(table.find(first), &session(1));
    table.leave(first);
    EXPECT_EQ(table.find(first), nullptr);
    const auto second = table.enter(session(2));
    EXPECT_NE(second, first);
    EXPECT_EQ(table.find(first), nullptr);
    EXPECT_EQ(table.find(second), &session(2));
}

TEST(UploadTable, knows_nothing_of_numbers_that_it_has_not_given) {
    UploadTable table(0);
    EXPECT_EQ(table.find(0), nullptr);
    const auto only = table.enter(session(1));
    EXPECT_NE(only, 0U);
    EXPECT_EQ(table.find(0), nullptr);
    EXPECT_EQ(table.find(only + 1), nullptr);
}

TEST(UploadTable, agrees_with_a_map_whatever_comes_and_goes) {
    UploadTable table(1);
    std::map<std::uint64_t, std::uintptr_t> model;
    std::vector<std::uint64_t> all;
    std::mt19937_64 random(7);
    for (std::uintptr_t n = 1; n <= 5'000; ++n) {
        if (model.size() < 40 && random() % 2 == 0) {
            all.push_back(table.enter(session(n)));
            ASSERT_TRUE(model.emplace(all.back(), n).second) << "a number is given once";
        } else if (!model.empty()) {
            const auto one = std::next(model.begin(), static_cast<long>(random() % model.size()));
            table.leave(one->first);
            model.erase(one);
        }
        if (all.empty()) continue;
        const auto any = all[random() % all.size()];
        const auto found = model.find(any);
        ASSERT_EQ(table.find(any), found == model.end() ? nullptr : &session(found->second));
    }
}

}  // namespace
}  // namespace spillway::http
