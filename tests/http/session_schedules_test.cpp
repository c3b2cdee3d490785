// Random small schedules of everything that can happen to a few connections, one turn of the loop
// at a time, with the account checked after each step. A failure prints its seed: SPILLWAY_SEED=n
// begins there, SPILLWAY_SEEDS=m tries that many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;

/// A client that follows a script of requests, sent in pieces, and checks that each reply is well
/// framed and belongs to the next request.
class Actor {
public:
    Actor(World& world, std::mt19937& random, int number)
        : random_(random), client_(world.connect()), name_("c" + std::to_string(number) + "-") {
        const int count = below(5) + 1;
        for (int i = 0; i < count; ++i) add_request(i);
    }

    [[nodiscard]] bool is_gone() const { return !client_.is_open(); }

    void act() {
        switch (below(12)) {
            case 0:
                return client_.fin();
            case 1:
                if (below(2) == 0) client_.close();
                return;
            case 2:
            case 3:
            case 4:
                return read();
            default:
                return send_piece();
        }
    }

    void read() {
        client_.read(below(4) == 0 ? 100 : 50'000);
        if (is_gone()) return;
        while (next_ < heads_.size()) {
            auto reply = take_next();
            if (!reply) return;
            if (reply->status == 100) continue;
            // A header that was refused is answered under an id of ours; nothing follows it.
            const std::string id = reply->field("X-Request-Id");
            ASSERT_TRUE(id == name_ + std::to_string(next_) || reply->closes()) << id;
            ASSERT_FALSE(is_over_) << "a reply behind Connection: close";
            is_over_ = reply->closes();
            ++next_;
        }
        ASSERT_EQ(unparsed(), "") << "more replies than requests";
    }

private:
    int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
    std::string& unparsed() {
        unparsed_ += std::exchange(client_.received(), {});
        return unparsed_;
    }

    std::optional<WireReply> take_next() {
        if (!heads_[next_]) return take_reply(unparsed());
        // One whose header did not come whole is answered before its method is known.
        std::string text = unparsed();
        const auto head = take_reply(text, false);
        const bool has_body = head &&
                              head->field("X-Request-Id") != name_ + std::to_string(next_) &&
                              head->status != 100;
        return take_reply(unparsed(), has_body);
    }

    void send_piece() {
        if (sent_ == script_.size()) return;
        const std::size_t left = script_.size() - sent_;
        const std::size_t n = std::min<std::size_t>(
            left, below(3) == 0 ? left : static_cast<std::size_t>(below(200) + 1));
        if (client_.is_open() && client_.send(script_.substr(sent_, n))) sent_ += n;
    }

    void add_request(int number) {
        static constexpr std::array<const char*, 12> targets{
            "/page",       "/loop", "/loop?now", "/drop", "/drop?now", "/stream",
            "/stream?now", "/job",  "/job",      "/long", "/nowhere",  "/loop?bad"};
        const std::string target = targets[static_cast<std::size_t>(below(targets.size()))];
        std::string more = "X-Request-Id: " + name_ + std::to_string(number) + "\r\n";
        if (below(6) == 0) more += "Connection: close\r\n";
        if (below(6) == 0) more += "Request-Timeout: 0.5\r\n";
        if (below(6) == 0)
            more += "X: " + std::string(static_cast<std::size_t>(below(9000)), 'x') + "\r\n";
        const auto size = static_cast<std::size_t>(below(3) == 0 ? below(30'000) : below(300));
        const std::string body(size, 'b');
        const bool expects = below(6) == 0;
        if (expects) more += "Expect: 100-continue\r\n";
        heads_.push_back(false);
        switch (below(6)) {
            case 0:
            case 1:
                script_ += get(target, more);
                break;
            case 2:
                script_ += post(target, body, more);
                break;
            case 3:
                script_ += request("POST", target, more + std::string(chunked));
                for (std::size_t at = 0; at < size; at += 100) {
                    const auto piece = body.substr(at, 100);
                    std::array<char, 8> hex{};
                    std::snprintf(hex.data(), hex.size(), "%zx", piece.size());
                    script_ += std::string(hex.data()) + "\r\n" + piece + "\r\n";
                }
                script_ += below(8) == 0 ? "oops" : "0\r\n\r\n";
                break;
            case 4:
                script_ += request("HEAD", target, more);
                heads_.back() = true;
                break;
            case 5:
                script_ += below(3) == 0 ? "nonsense\r\n\r\n" : "\r\n" + get(target, more);
                break;
        }
    }

    std::mt19937& random_;
    WireClient client_;
    std::string name_;
    std::string script_, unparsed_;
    std::vector<bool> heads_;  // the replies to these have no body
    std::size_t sent_ = 0;
    std::size_t next_ = 0;
    bool is_over_ = false;
};

WorldOptions random_options(std::mt19937& random) {
    const auto pick = [&random](auto... values) {
        const std::array all{values...};
        return all[random() % all.size()];
    };
    WorldOptions options;
    options.has_pool = true;
    options.limiter.limit = pick(1U, 2U, 3U);
    options.limiter.queue.capacity = pick(0U, 1U, 3U);
    options.route.uploads_max = pick(1U, 2U, 100U);
    options.route.body_bytes_max = pick(200U, 10'000U, 1'000'000U);
    options.server.body_memory_max = pick(500U, 20'000U, 1'000'000U);
    options.server.response_memory_max = pick(70'000U, 1'000'000U);
    options.server.discard_bytes_max = pick(500U, 256'000U);
    options.server.linger_bytes_max = pick(1000U, 1'000'000U);
    options.server.half_close = pick(false, false, true);
    return options;
}

class Schedule {
public:
    explicit Schedule(unsigned seed) : random_(seed), world_(random_options(random_)) {}

    void run() {
        const int steps = 120 + below(200);
        for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
            step();
            world_.check();
        }
        // Then time passes until all that can end has ended by itself: nobody is stuck. Jobs and
        // handlers end, too, at their deadlines.
        for (auto& actor : actors_) actor->read();
        for (int i = 0; i < 400 && !::testing::Test::HasFatalFailure(); ++i) {
            world_.advance(500ms);
            for (auto& actor : actors_) actor->read();
            world_.check();
        }
        for (int i = 0; i < 16; ++i) world_.job.let_go();
        world_.settle_jobs();
        EXPECT_EQ(world_.connections(), 0U) << "stuck";
        world_.expect_rest();
    }

private:
    int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

    void step() {
        switch (below(20)) {
            case 0:
            case 1:
                if (actors_.size() < 8)
                    actors_.push_back(
                        std::make_unique<Actor>(world_, random_, static_cast<int>(actors_.size())));
                break;
            case 2:
                let_go(world_.loop_handler);
                break;
            case 3:
                let_go(world_.drop_handler);
                break;
            case 4:
                let_go(world_.stream_handler);
                break;
            case 5:
                world_.job.let_go();
                break;
            case 6:
                time_passes(std::chrono::milliseconds(below(100)));
                break;
            case 7:
                time_passes(std::chrono::milliseconds(below(3000)));
                break;
            case 8:
                if (below(10) == 0) begin_drain();
                break;
            case 9:
                if (below(20) == 0) world_.context->cut_all(ListenerKind::open);
                break;
            case 10:
                if (below(5) == 0) world_.context->make_room();
                break;
            case 11:
                world_.settle();
                break;
            default:
                if (!actors_.empty())
                    actors_[static_cast<std::size_t>(below(static_cast<int>(actors_.size())))]
                        ->act();
        }
        // Handlers run one by one, so that the next step may fall between any two.
        world_.loop.restart();
        for (int n = below(6); n > 0; --n) world_.loop.poll_one();
    }
    void let_go(const LoopHandler& handler) {
        if (handler.working() == 0) return;
        switch (below(4)) {
            case 0:
                return handler.let_go([](Exchange&) { return x_reply(200'000); });
            case 1:
                return handler.let_go([](Exchange&) -> Reply { throw std::runtime_error("bug"); });
            default:
                return handler.let_go();
        }
    }
    void time_passes(core::Duration by) {
        virtual_time = virtual_now() + by;
        world_.limiter.tick(virtual_now());
        world_.context->sweeper.sweep(virtual_now());
    }
    void begin_drain() {
        world_.shared.idle_grace_ns = core::Duration(500ms).count();
        world_.shared.closing = true;
        world_.context->begin_closing();
    }

    std::mt19937 random_;
    World world_;
    std::vector<std::unique_ptr<Actor>> actors_;
};

TEST(session_schedules, leave_nothing_behind_and_lose_nobody) {
    const auto number = [](const char* name, unsigned otherwise) {
        const char* const text = std::getenv(name);
        return text != nullptr ? static_cast<unsigned>(std::atoi(text)) : otherwise;
    };
    const unsigned first = number("SPILLWAY_SEED", 1);
    const unsigned last = first - 1 + number("SPILLWAY_SEEDS", 400);
    for (unsigned seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Schedule(seed).run();
        if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace spillway::http::testing
