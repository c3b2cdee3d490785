#include "spillway/async/shard.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "spillway/async/wait_group.hpp"

namespace spillway::async {
namespace {

Task<int> answer() { co_return 42; }

Task<> ask(int& got) { got = co_await answer(); }

std::string this_thread_name() {
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    return name.data();
}

TEST(ShardSet, each_shard_runs_on_a_named_thread_of_its_own) {
    ShardSet shards(3);
    std::vector<std::string> names(shards.size());
    shards.run();
    std::latch all(3);
    for (std::size_t i = 0; i < shards.size(); ++i) {
        boost::asio::post(shards[i].executor(), [&, i] {
            names[i] = this_thread_name();
            all.arrive_and_wait();  // only possible if no two share a thread
        });
    }
    shards.join();
    EXPECT_EQ(names, (std::vector<std::string>{"shard-0", "shard-1", "shard-2"}));
}

TEST(ShardSet, runs_coroutines_on_its_concrete_executor) {
    ShardSet shards(1);
    int got = 0;
    boost::asio::co_spawn(shards[0].executor(), ask(got), boost::asio::detached);
    shards.run();
    shards.join();  // ends when its work has ended
    EXPECT_EQ(got, 42);
}

TEST(ShardSet, stop_ends_the_loops_with_work_pending) {
    ShardSet shards(2);
    bool ran = false;
    shards.stop();
    boost::asio::post(shards[1].executor(), [&] { ran = true; });
    shards.run();
    shards.join();
    EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace spillway::async
