#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "http/body_reader.hpp"
#include "http/body_store.hpp"

namespace spillway::http {
namespace {

std::string text_of(std::span<const char> bytes) { return {bytes.begin(), bytes.end()}; }

TEST(body_reader, without_framing_there_is_no_body) {
    BodyReader reader;
    EXPECT_TRUE(reader.is_done());
    EXPECT_TRUE(BodyReader::sized(0).is_done());
    const std::string next = "GET /";
    const auto step = reader.next(next);
    EXPECT_EQ(step.consumed, 0U);
    EXPECT_EQ(step.status, BodyReader::Status::done);
}

TEST(body_reader, a_sized_body_ends_where_it_says) {
    BodyReader reader = BodyReader::sized(5);
    const std::string first = "abc";
    const std::string second = "deGET /";
    auto step = reader.next(first);
    EXPECT_EQ(text_of(step.data), "abc");
    EXPECT_EQ(step.status, BodyReader::Status::more);
    EXPECT_EQ(reader.left(), 2U);
    step = reader.next(second);
    EXPECT_EQ(text_of(step.data), "de");
    EXPECT_EQ(step.consumed, 2U);
    EXPECT_EQ(step.status, BodyReader::Status::done);
    EXPECT_TRUE(reader.is_done());
    EXPECT_EQ(reader.next(second).consumed, 0U);
}

TEST(body_reader, a_chunked_body_ends_with_its_last_chunk) {
    BodyReader reader = BodyReader::chunked();
    EXPECT_FALSE(reader.is_done());
    const std::string text = "1\r\na\r\n0\r\n\r\nGET /";
    std::string data;
    std::size_t at = 0;
    while (!reader.is_done()) {
        const auto step = reader.next({text.data() + at, text.size() - at});
        at += step.consumed;
        data += text_of(step.data);
    }
    EXPECT_EQ(data, "a");
    EXPECT_EQ(text.substr(at), "GET /");
    EXPECT_EQ(reader.next(text).status, BodyReader::Status::done);
    EXPECT_EQ(reader.next(text).consumed, 0U);
}

TEST(body_reader, a_malformed_chunk_is_told_and_is_not_the_end) {
    BodyReader reader = BodyReader::chunked();
    const std::string text = "x";
    EXPECT_EQ(reader.next(text).status, BodyReader::Status::malformed);
    EXPECT_FALSE(reader.is_done());
}

TEST(body_store, is_charged_for_exactly_what_it_holds) {
    core::ByteBudget budget(100);
    BodyStore store(budget);
    ASSERT_TRUE(store.append(std::string(60, 'a')));
    EXPECT_EQ(budget.used(), 60U);
    ASSERT_TRUE(store.append(std::string(40, 'b')));
    EXPECT_EQ(budget.used(), 100U);
    EXPECT_EQ(text_of(store.bytes()), std::string(60, 'a') + std::string(40, 'b'));
    store.clear();
    EXPECT_EQ(budget.used(), 0U);
    EXPECT_TRUE(store.bytes().empty());
}

TEST(body_store, without_room_it_stays_as_it_was) {
    core::ByteBudget budget(100);
    BodyStore store(budget);
    ASSERT_TRUE(store.append(std::string(60, 'a')));
    EXPECT_FALSE(store.append(std::string(41, 'b')));
    EXPECT_EQ(text_of(store.bytes()), std::string(60, 'a'));
    EXPECT_EQ(budget.used(), 60U);
    EXPECT_TRUE(store.append(std::string(40, 'c')));
}

TEST(body_store, the_budget_is_shared) {
    core::ByteBudget budget(100);
    BodyStore first(budget);
    ASSERT_TRUE(first.append(std::string(80, 'a')));
    {
        BodyStore second(budget);
        EXPECT_FALSE(second.append(std::string(21, 'b')));
        EXPECT_TRUE(second.append(std::string(20, 'b')));
    }
    EXPECT_EQ(budget.used(), 80U);  // destroyed, and given back
}

TEST(body_store, takes_bytes_and_charge_along_when_moved) {
    core::ByteBudget budget(100);
    BodyStore source(budget);
    ASSERT_TRUE(source.append(std::string("abc")));
    BodyStore moved(std::move(source));
    EXPECT_EQ(text_of(moved.bytes()), "abc");
    EXPECT_EQ(budget.used(), 3U);
    BodyStore assigned(budget);
    ASSERT_TRUE(assigned.append(std::string("to be gone")));
    assigned = std::move(moved);
    EXPECT_EQ(text_of(assigned.bytes()), "abc");
    EXPECT_EQ(budget.used(), 3U);
    assigned = BodyStore(budget);
    EXPECT_EQ(budget.used(), 0U);
}

TEST(body_store, one_without_a_budget_holds_nothing) {
    BodyStore store;
    EXPECT_FALSE(store.append(std::string("a")));
    store.clear();
    EXPECT_TRUE(store.bytes().empty());
}

}  // namespace
}  // namespace spillway::http
