#include "spillway/async/worker_pool.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "spillway/async/semaphore.hpp"
#include "spillway/async/wait_group.hpp"

namespace spillway::async {
namespace {

namespace asio = boost::asio;

constexpr core::TimePoint long_ago{};
constexpr core::TimePoint deadline{std::chrono::seconds(5)};

template <class R>
auto into(std::optional<RunResult<R>>& result, asio::io_context& loop) {
    return asio::bind_executor(loop.get_executor(), [&result](RunResult<R> got) {
        EXPECT_FALSE(result) << "completed twice";
        result = std::move(got);
    });
}

/// A job that tells when it runs, and stays until it is let go. Outlives the pool, as all that
/// jobs refer to.
struct Held {
    std::latch started{1};
    std::latch go{1};
    std::atomic<bool> saw_stop = false;

    void operator()(JobContext& context) {
        started.count_down();
        go.wait();
        saw_stop = context.stop.stop_requested();
    }
    auto job() {
        return [this](JobContext& context) { (*this)(context); };
    }
};

TEST(WorkerPool, runs_a_job_on_a_worker_and_posts_its_result_to_the_callers_loop) {
    asio::io_context loop(1);
    WorkerPool pool({.workers = 1});
    std::optional<RunResult<std::unique_ptr<int>>> result;
    std::thread::id ran_on;
    core::TimePoint told;
    pool.async_run(
        [&](JobContext& context) {
            ran_on = std::this_thread::get_id();
            told = context.deadline;
            return std::make_unique<int>(42);
        },
        deadline, into(result, loop));
    EXPECT_FALSE(result);

    loop.run();  // the operation keeps the loop running until it has completed
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, RunStatus::done);
    EXPECT_EQ(**result->value, 42);
    EXPECT_NE(ran_on, std::this_thread::get_id());
    EXPECT_EQ(told, deadline);
}

TEST(WorkerPool, accepts_as_many_jobs_as_workers_and_queue_and_leaves_refused_ones_untouched) {
    Held first;
    WorkerPool pool({.workers = 1, .queue = 1});
    std::atomic<int> ran = 0;
    EXPECT_TRUE(pool.try_submit(first.job()));
    EXPECT_TRUE(pool.try_submit([&](JobContext&) { ++ran; }));

    Job third = [&, owned = std::make_unique<int>(1)](JobContext&) { ran += *owned; };
    EXPECT_FALSE(pool.try_submit(std::move(third)));
    EXPECT_FALSE(pool.submit_until(std::move(third), deadline, long_ago));
    EXPECT_TRUE(third);
    first.started.wait();
    EXPECT_EQ(pool.stats().in_flight, 1U);
    EXPECT_EQ(pool.stats().queue_depth, 1U);

    // Room comes: the timed and the patient way in get it.
    first.go.count_down();
    EXPECT_TRUE(pool.submit_until(std::move(third), deadline, core::never));
    EXPECT_TRUE(pool.submit([&](JobContext&) { ++ran; }));
    EXPECT_EQ(pool.close(core::never), Undone{});
    EXPECT_EQ(ran, 3);

    const PoolStats stats = pool.stats();
    EXPECT_EQ(stats.submitted_accepted, 4U);
    EXPECT_EQ(stats.submitted_rejected, 2U);
    EXPECT_EQ(stats.dropped, 0U);
    EXPECT_EQ(stats.in_flight, 0U);
    EXPECT_EQ(stats.queue_depth, 0U);
    EXPECT_EQ(stats.workers, 1U);
    EXPECT_EQ(stats.submit_wait.count, 4U);
}

TEST(WorkerPool, every_worker_gets_a_job_if_there_are_enough) {
    constexpr int workers = 4;
    WorkerPool pool({.workers = workers});
    for (int round = 0; round < 20; ++round) {
        const auto all = std::make_shared<std::latch>(workers + 1);
        for (int i = 0; i < workers; ++i) {
            EXPECT_TRUE(pool.submit([all](JobContext&) { all->arrive_and_wait(); }));
        }
        all->arrive_and_wait();
    }
}

TEST(WorkerPool, a_spinning_worker_sees_work_and_the_end_of_the_pool) {
    // Longer than any test: none of this may need it to run out.
    WorkerPool pool({.workers = 2, .queue = 4, .spin = std::chrono::hours(1)});
    for (int round = 0; round < 100; ++round) {
        std::latch both{2};
        std::latch done{2};
        for (int i = 0; i < 2; ++i) {
            // Each needs the other worker awake: the one that spins must pass the rest on.
            ASSERT_TRUE(pool.try_submit([&](JobContext&) {
                both.arrive_and_wait();
                done.count_down();
            }));
        }
        done.wait();
    }
}

TEST(WorkerPool, close_wakes_blocked_submitters) {
    Held held;
    WorkerPool pool({.workers = 1});
    EXPECT_TRUE(pool.submit(held.job()));
    std::thread submitter([&] { EXPECT_FALSE(pool.submit([](JobContext&) { FAIL(); })); });
    held.started.wait();
    EXPECT_EQ(pool.close(long_ago), (Undone{.queued = 0, .running = 1}));
    submitter.join();
    held.go.count_down();
}

TEST(WorkerPool, a_throwing_job_takes_nobody_down) {
    asio::io_context loop(1);
    std::atomic<int> errors = 0;
    WorkerPool pool({.workers = 1, .queue = 2, .on_error = [&](std::exception_ptr) { ++errors; }});
    EXPECT_TRUE(pool.submit([](JobContext&) { throw std::runtime_error("submitted"); }));
    std::optional<RunResult<int>> result;
    pool.async_run([](JobContext&) -> int { throw std::runtime_error("asynchronous"); }, deadline,
                   into(result, loop));
    loop.run();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, RunStatus::threw);
    EXPECT_THROW(std::rethrow_exception(result->error), std::runtime_error);
    EXPECT_EQ(errors, 1);
    EXPECT_EQ(pool.stats().threw, 2U);

    // The worker is still there.
    std::optional<RunResult<void>> next;
    pool.async_run([](JobContext&) {}, deadline, into(next, loop));
    loop.restart();
    loop.run();
    EXPECT_EQ(next->status, RunStatus::done);
}

TEST(WorkerPool, a_full_or_closed_pool_refuses_after_giving_back_what_the_job_owns) {
    asio::io_context loop(1);
    Held held;
    WorkerPool pool({.workers = 1});
    EXPECT_TRUE(pool.submit(held.job()));
    const auto owned = std::make_shared<int>();
    std::optional<RunResult<void>> full;
    pool.async_run([owned](JobContext&) {}, deadline, into(full, loop));
    EXPECT_EQ(owned.use_count(), 1);
    EXPECT_FALSE(full);  // posted
    loop.run();
    EXPECT_EQ(full->status, RunStatus::refused);

    // A cancel that comes between the refusal and its completion finds nothing.
    asio::cancellation_signal signal;
    std::optional<RunResult<void>> cancelled;
    pool.async_run([](JobContext&) {}, deadline,
                   asio::bind_cancellation_slot(signal.slot(), into(cancelled, loop)));
    signal.emit(asio::cancellation_type::total);
    loop.restart();
    loop.run();
    EXPECT_EQ(cancelled->status, RunStatus::refused);

    held.go.count_down();
    pool.close(core::never);
    std::optional<RunResult<void>> closed;
    pool.async_run([](JobContext&) {}, deadline, into(closed, loop));
    loop.restart();
    loop.run();
    EXPECT_EQ(closed->status, RunStatus::refused);
}

TEST(WorkerPool, cancelling_a_queued_job_discards_it_there_and_then) {
    asio::io_context loop(1);
    Held held;
    WorkerPool pool({.workers = 1, .queue = 1});
    EXPECT_TRUE(pool.submit(held.job()));
    held.started.wait();
    asio::cancellation_signal signal;
    const auto owned = std::make_shared<int>();
    std::optional<RunResult<void>> result;
    pool.async_run([owned](JobContext&) { FAIL(); }, deadline,
                   asio::bind_cancellation_slot(signal.slot(), into(result, loop)));
    EXPECT_FALSE(pool.try_submit([](JobContext&) {}));

    signal.emit(asio::cancellation_type::total);
    EXPECT_EQ(owned.use_count(), 1);
    EXPECT_EQ(pool.stats().dropped, 1U);
    EXPECT_EQ(pool.stats().queue_depth, 0U);
    // Its place is free at once.
    std::atomic<bool> ran = false;
    EXPECT_TRUE(pool.try_submit([&](JobContext&) { ran = true; }));
    EXPECT_FALSE(result);
    loop.run();
    EXPECT_EQ(result->status, RunStatus::cancelled);

    signal.emit(asio::cancellation_type::total);  // finds nothing
    held.go.count_down();
    EXPECT_EQ(pool.close(core::never), Undone{});
    EXPECT_FALSE(held.saw_stop);
    EXPECT_TRUE(ran);
}

TEST(WorkerPool, cancelling_a_running_job_answers_at_once_and_keeps_what_it_owns_until_it_returns) {
    asio::io_context loop(1);
    Held held;
    WorkerPool pool({.workers = 1});
    asio::cancellation_signal signal;
    const auto owned = std::make_shared<int>();
    std::optional<RunResult<void>> result;
    pool.async_run([&held, owned](JobContext& context) { held(context); }, deadline,
                   asio::bind_cancellation_slot(signal.slot(), into(result, loop)));
    held.started.wait();

    signal.emit(asio::cancellation_type::terminal);
    loop.run();  // ends although the job still runs
    EXPECT_EQ(result->status, RunStatus::cancelled);
    EXPECT_EQ(owned.use_count(), 2);
    EXPECT_FALSE(pool.try_submit([](JobContext&) {}));

    held.go.count_down();
    EXPECT_EQ(pool.close(core::never), Undone{});
    EXPECT_TRUE(held.saw_stop);
    EXPECT_EQ(owned.use_count(), 1);
    EXPECT_EQ(pool.stats().dropped, 0U);
}

TEST(WorkerPool, close_returns_on_time_with_what_is_undone_and_answers_for_it) {
    asio::io_context loop(1);
    Held held;
    std::optional<RunResult<void>> running;
    std::optional<RunResult<void>> queued;
    {
        WorkerPool pool({.workers = 1, .queue = 2});
        const auto owned = std::make_shared<int>();
        pool.async_run(held.job(), deadline, into(running, loop));
        held.started.wait();
        pool.async_run([owned](JobContext&) { FAIL(); }, deadline, into(queued, loop));
        EXPECT_TRUE(pool.try_submit([owned](JobContext&) { FAIL(); }));

        EXPECT_EQ(pool.close(long_ago), (Undone{.queued = 2, .running = 1}));
        EXPECT_EQ(owned.use_count(), 1);
        EXPECT_EQ(pool.stats().dropped, 2U);
        loop.run();
        EXPECT_EQ(running->status, RunStatus::undone);
        EXPECT_EQ(queued->status, RunStatus::undone);

        // The job ends later; nobody is answered twice.
        held.go.count_down();
        EXPECT_EQ(pool.close(core::never), Undone{});
    }
    EXPECT_TRUE(held.saw_stop);
    loop.restart();
    EXPECT_EQ(loop.poll(), 0U);
}

TEST(WorkerPool, the_stop_token_wakes_a_job_that_waits_on_it) {
    std::latch started(1);
    WorkerPool pool({.workers = 1});
    EXPECT_TRUE(pool.submit([&](JobContext& context) {
        std::latch stopped(1);
        const std::stop_callback wake(context.stop, [&] { stopped.count_down(); });
        started.count_down();
        stopped.wait();
    }));
    started.wait();
    EXPECT_EQ(pool.close(long_ago).running, 1U);
}

TEST(WorkerPool, has_room_again_before_it_destroys_what_a_job_owns) {
    struct SubmitsWhenDestroyed {
        explicit SubmitsWhenDestroyed(WorkerPool& p, std::latch& e) : pool(&p), ended(&e) {}
        SubmitsWhenDestroyed(SubmitsWhenDestroyed&& other) noexcept
            : pool(std::exchange(other.pool, nullptr)), ended(other.ended) {}
        SubmitsWhenDestroyed& operator=(SubmitsWhenDestroyed&&) = delete;
        ~SubmitsWhenDestroyed() {
            if (pool == nullptr) return;
            EXPECT_TRUE(pool->try_submit([](JobContext&) {}));
            ended->count_down();
        }
        WorkerPool* pool;
        std::latch* ended;
    };
    std::latch ended(1);
    WorkerPool pool({.workers = 1, .queue = 0});
    EXPECT_TRUE(pool.submit([owned = SubmitsWhenDestroyed(pool, ended)](JobContext&) {}));
    ended.wait();
    EXPECT_EQ(pool.close(core::never), Undone{});
    EXPECT_EQ(pool.stats().submitted_accepted, 2U);
}

TEST(WorkerPool, never_refuses_a_permit_holder_when_the_limit_fits) {
    constexpr std::uint32_t requests = 2000;
    asio::io_context loop(1);
    AsyncSemaphore semaphore({.limit = 3, .queue = {.capacity = requests}});
    WorkerPool pool({.workers = 2, .queue = 1});
    for (std::uint32_t i = 0; i < requests; ++i) {
        semaphore.async_acquire(
            core::never,
            asio::bind_executor(
                loop.get_executor(), [&](boost::system::error_code error, SemaphorePermit permit) {
                    EXPECT_FALSE(error);
                    EXPECT_TRUE(pool.try_submit([owned = std::move(permit)](JobContext&) {}));
                }));
    }
    loop.run();
    EXPECT_EQ(pool.close(core::never), Undone{});
    EXPECT_EQ(pool.stats().submitted_accepted, requests);
    EXPECT_EQ(semaphore.in_flight(), 0U);
}

TEST(WorkerPool, workers_run_their_hooks_with_the_scheduling_asked_for) {
    std::atomic<int> starts = 0;
    std::atomic<int> exits = 0;
    {
        WorkerPool pool({.name = "nice-batch",
                         .workers = 2,
                         .scheduling = {.policy = WorkerScheduling::Policy::batch, .nice = 3},
                         .on_thread_start = [&] { ++starts; },
                         .on_thread_exit = [&] { ++exits; }});
        EXPECT_TRUE(pool.submit([](JobContext&) {
            EXPECT_EQ(sched_getscheduler(0), SCHED_BATCH);
            EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), 3);
        }));
        EXPECT_EQ(pool.close(core::never), Undone{});
        EXPECT_EQ(pool.stats().scheduling_failures, 0U);
    }
    EXPECT_EQ(starts, 2);
    EXPECT_EQ(exits, 2);
    EXPECT_NE(sched_getscheduler(0), SCHED_BATCH);  // of this thread
}

// Jobs of all kinds from several threads, some cancelled, some throwing, a close in the middle:
// every operation ends exactly once, and the pool's counts add up.
TEST(WorkerPool, hammer_answers_every_operation_once) {
    for (int round = 0; round < 20; ++round) {
        constexpr int per_thread = 200;
        std::atomic<int> answered = 0;
        std::atomic<int> accepted_submits = 0;
        std::atomic<int> alive = 0;  // closures not yet destroyed
        WorkerPool pool({.workers = 2, .queue = 3, .on_error = [](std::exception_ptr) {}});
        const auto closure = [&alive] {
            ++alive;
            return std::shared_ptr<void>(nullptr, [&alive](void*) { --alive; });
        };
        const auto client = [&](int id) {
            asio::io_context loop(1);
            for (int i = 0; i < per_thread; ++i) {
                asio::cancellation_signal signal;
                pool.async_run(
                    [owned = closure(), i](JobContext&) {
                        if (i % 7 == 0) throw std::runtime_error("x");
                        return i;
                    },
                    deadline,
                    asio::bind_cancellation_slot(
                        signal.slot(), asio::bind_executor(loop.get_executor(),
                                                           [&](RunResult<int>) { ++answered; })));
                if (i % 5 == id) signal.emit(asio::cancellation_type::all);
                if (i % 3 == 0 && pool.try_submit([owned = closure()](JobContext&) {})) {
                    ++accepted_submits;
                }
                loop.restart();
                loop.run();
            }
        };
        std::vector<std::thread> clients;
        for (int id = 0; id < 3; ++id) clients.emplace_back(client, id);
        if (round % 2 == 1) pool.close(round % 4 == 1 ? core::never : long_ago);
        for (auto& thread : clients) thread.join();
        pool.close(core::never);
        EXPECT_EQ(answered, 3 * per_thread);
        EXPECT_EQ(alive, 0);
        const PoolStats stats = pool.stats();
        EXPECT_EQ(stats.in_flight, 0U);
        EXPECT_EQ(stats.queue_depth, 0U);
        EXPECT_LE(stats.dropped, stats.submitted_accepted);
        EXPECT_LE(static_cast<std::uint64_t>(accepted_submits), stats.submitted_accepted);
    }
}

}  // namespace
}  // namespace spillway::async
