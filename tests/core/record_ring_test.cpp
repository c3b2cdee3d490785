#include "spillway/core/record_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace spillway::core {
namespace {

using Ring = RecordRing<2, 16>;

std::vector<std::uint64_t> found(const auto& ring, std::string_view text) {
    std::vector<std::uint64_t> firsts;
    ring.find(text, [&](const auto& kept) {
        EXPECT_EQ(kept.text, text);
        EXPECT_EQ(kept.record[1], kept.record[0] + 1);
        firsts.push_back(kept.record[0]);
    });
    return firsts;
}

std::vector<std::string> latest(const Ring& ring, std::size_t most) {
    std::vector<std::string> texts;
    ring.latest(most, [&](const auto& kept) { texts.push_back(kept.text); });
    return texts;
}

std::string oldest(const Ring& ring) {
    std::string text = "none";
    ring.oldest([&](const auto& kept) { text = kept.text; });
    return text;
}

TEST(RecordRing, an_empty_one_finds_nothing) {
    const Ring ring(4);
    EXPECT_TRUE(found(ring, "a").empty());
    EXPECT_TRUE(found(ring, "").empty());
    EXPECT_TRUE(latest(ring, 9).empty());
    EXPECT_EQ(oldest(ring), "none");
    const Ring none(0);
    EXPECT_EQ(none.capacity(), 0U);
    EXPECT_TRUE(found(none, "a").empty());
    EXPECT_TRUE(latest(none, 9).empty());
    EXPECT_EQ(oldest(none), "none");
}

TEST(RecordRing, a_capacity_is_rounded_up_to_a_power_of_two) {
    EXPECT_EQ(Ring(1).capacity(), 1U);
    EXPECT_EQ(Ring(5).capacity(), 8U);
    EXPECT_EQ(Ring(8).capacity(), 8U);
}

TEST(RecordRing, the_last_ones_are_kept_and_the_others_are_gone) {
    Ring ring(4);
    for (std::uint64_t i = 1; i <= 6; ++i) ring.add({i, i + 1}, std::to_string(i));
    EXPECT_EQ(ring.added(), 6U);
    EXPECT_TRUE(found(ring, "2").empty());
    for (std::uint64_t i = 3; i <= 6; ++i)
        EXPECT_THAT(found(ring, std::to_string(i)), testing::ElementsAre(i));
    EXPECT_THAT(latest(ring, 3), testing::ElementsAre("6", "5", "4"));
    EXPECT_THAT(latest(ring, 9), testing::ElementsAre("6", "5", "4", "3"));
    EXPECT_EQ(oldest(ring), "3");
}

TEST(RecordRing, texts_of_every_length_are_told_apart) {
    Ring ring(32);
    std::string text;
    for (std::uint64_t i = 0; i <= 16; text += static_cast<char>('a' + i++)) {
        ring.add({i, i + 1}, text);
    }
    for (std::uint64_t i = 0; i <= 16; ++i)
        EXPECT_THAT(found(ring, std::string("abcdefghijklmnop").substr(0, i)),
                    testing::ElementsAre(i));
    EXPECT_TRUE(found(ring, "abcdefgX").empty());
    EXPECT_TRUE(found(ring, "abcdefghX").empty());
    EXPECT_TRUE(found(ring, std::string(200, 'a')).empty());
}

TEST(RecordRing, several_records_may_go_by_one_text) {
    Ring ring(4);
    ring.add({1, 2}, "again");
    ring.add({5, 6}, "again");
    EXPECT_THAT(found(ring, "again"), testing::UnorderedElementsAre(1U, 5U));
}

TEST(RecordRing, a_record_is_replaced_where_it_is_and_one_that_is_gone_is_added_anew) {
    Ring ring(2);
    const auto number = ring.replace(0, {1, 2}, "a");
    EXPECT_EQ(number, 1U);
    EXPECT_EQ(ring.replace(number, {3, 4}, "b"), 1U);
    EXPECT_TRUE(found(ring, "a").empty());
    EXPECT_THAT(found(ring, "b"), testing::ElementsAre(3U));
    ring.add({10, 11}, "x");
    EXPECT_EQ(ring.replace(number, {5, 6}, "c"), 1U);  // still one of the last two
    ring.add({20, 21}, "y");
    EXPECT_EQ(ring.replace(number, {7, 8}, "d"), 4U);
    EXPECT_THAT(latest(ring, 9), testing::ElementsAre("d", "y"));
}

// --- every interleaving -----------------------------------------------------------------------

/// A word whose loads are announced, and whose stores may be put down instead of done: so a
/// writing can be played back, store by store, between any two loads of a reading.
struct Script {
    std::function<void()> before_load;
    std::vector<std::pair<std::uint64_t*, std::uint64_t>>* stores = nullptr;
};
Script script;

template <class T>
class ScriptedAtomic {
public:
    ScriptedAtomic(T value = 0) noexcept : value_(value) {}
    ScriptedAtomic(const ScriptedAtomic&) = default;
    [[nodiscard]] T load(std::memory_order) const {
        if (script.before_load) script.before_load();
        return value_;
    }
    void store(T value, std::memory_order) {
        if (script.stores != nullptr) return script.stores->push_back({&value_, value});
        value_ = value;
    }

private:
    T value_;
};

TEST(RecordRing, no_interleaving_lets_a_reader_see_halves_of_two_records) {
    using Scripted = RecordRing<2, 8, ScriptedAtomic>;
    Scripted ring(1);
    ring.add({10, 11}, "old");
    std::vector<std::pair<std::uint64_t*, std::uint64_t>> writing;
    std::vector<std::pair<std::uint64_t*, std::uint64_t>> before;
    script.stores = &writing;
    ring.replace(1, {20, 21}, "new");
    script.stores = nullptr;
    ASSERT_EQ(writing.size(), 5U);  // stamp, text, two words, stamp
    for (const auto& [word, value] : writing) before.push_back({word, *word});

    // The writer's store number i happens before the reader's load number at[i].
    constexpr std::size_t loads_max = 9;
    std::uint64_t schedules = 0, old_ones = 0, new_ones = 0;
    std::array<std::size_t, 5> at{};
    const std::function<void(std::size_t, std::size_t)> play = [&](std::size_t i,
                                                                   std::size_t from) {
        if (i < at.size()) {
            for (at[i] = from; at[i] <= loads_max; ++at[i]) play(i + 1, at[i]);
            return;
        }
        for (auto it = before.rbegin(); it != before.rend(); ++it) *it->first = it->second;
        std::size_t loads = 0, done = 0;
        script.before_load = [&] {
            for (; done < at.size() && at[done] == loads; ++done)
                *writing[done].first = writing[done].second;
            ++loads;
        };
        ring.latest(1, [&](const auto& kept) {
            const bool is_old = kept.text == "old" && kept.record == Scripted::Record{10, 11};
            const bool is_new = kept.text == "new" && kept.record == Scripted::Record{20, 21};
            EXPECT_TRUE(is_old || is_new) << kept.text << ' ' << kept.record[0];
            ++(is_old ? old_ones : new_ones);
        });
        script.before_load = nullptr;
        ++schedules;
    };
    play(0, 0);
    EXPECT_EQ(schedules, 2002U);  // 5 stores into 10 gaps
    EXPECT_GT(old_ones, 0U);
    EXPECT_GT(new_ones, 0U);
    EXPECT_LT(old_ones + new_ones, schedules);  // the others were seen to be torn
}

TEST(RecordRing, readers_beside_the_writer_see_whole_records_only) {
    Ring ring(4);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        std::uint64_t number = 0;
        for (std::uint64_t i = 1; i <= 20'000; ++i) {
            number = i % 3 == 0 ? ring.replace(number, {i, i + 1}, "same")
                                : ring.add({i, i + 1}, i % 2 == 0 ? "same" : "other");
        }
        done = true;
    });
    while (!done) {
        for (const auto first : found(ring, "same")) EXPECT_GE(first, 1U);
        ring.latest(4, [](const auto& kept) { EXPECT_EQ(kept.record[1], kept.record[0] + 1); });
        ring.oldest([](const auto& kept) { EXPECT_EQ(kept.record[1], kept.record[0] + 1); });
    }
    writer.join();
    EXPECT_EQ(ring.added(), 20'000U - 20'000U / 3);
}

}  // namespace
}  // namespace spillway::core
