// The whole session over socket pairs, in virtual time: clients that send anything in any pieces,
// handlers that end when the input says so, and an oracle that has read the same bytes itself.
//
// The input: options (plan.hpp), then what the first client sends. A byte 0xff introduces what else
// happens: see Script::happen().
//
// fuzz: -dict=http.dict -max_len=8192

#include "fuzz/session/peer.hpp"
#include "fuzz/session/plan.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "fuzz/require.hpp"
#include "http/explain_reader.hpp"

namespace spillway::fuzz {
namespace {

using namespace std::chrono_literals;
using http::Exchange;
using http::ListenerKind;
using http::Reply;
using http::testing::LoopHandler;
using http::testing::World;

constexpr char mark = '\xff';
constexpr std::size_t peers_max = 4;
constexpr std::size_t steps_max = 200'000;

LoopHandler::Finish ending(std::size_t kind) {
    switch (kind) {
        case 0:
            return LoopHandler::echo;
        case 1:
            return [](Exchange&) { return http::testing::x_reply(100'000); };
        case 2:
            return [](Exchange&) -> Reply { throw std::runtime_error("a bug"); };
        case 3:
            return [](Exchange&) -> Reply { throw 3; };
        case 4:
            return [](Exchange&) {
                Reply reply = Reply::text(200, "text/plain", "fields");
                reply.fields = {{"X-Good", "value"},
                                {"X-Split", "a\r\nX-Evil: b"},
                                {"Bad Name", "value"},
                                {"", "nameless"},
                                {"X-Nul", std::string("a\0b", 3)},
                                {"content-length", "3"},
                                {"Transfer-Encoding", "chunked"},
                                {"Connection", "upgrade"},
                                {"X-Long", std::string(3000, 'l')},
                                {"X-Last", "value"}};
                return reply;
            };
        case 5:
            return [](Exchange&) { return Reply::text(204, "text/plain", "not to be sent"); };
        case 6:
            return [](Exchange&) { return Reply::text(304, "text/plain", "not to be sent"); };
        case 7:
            return [](Exchange&) { return http::testing::x_reply(1000, 400); };
        case 8:
            return [](Exchange&) {
                Reply reply = Reply::problem(503, "the thing behind it is overloaded");
                reply.outcome = core::Outcome::overloaded;
                return reply;
            };
        case 9:
            return [](Exchange&) { return Reply::text(42, "text/plain", "no status"); };
        default:
            return [](Exchange&) { return Reply{}; };
    }
}
constexpr std::size_t ending_kinds = 11;
constexpr std::size_t breaks_its_word = 7;

/// One world and its clients.
class Run {
public:
    explicit Run(const Plan& plan) : plan_(plan), world_(plan.world) {
        if (plan.is_stubborn) world_.job.make_stubborn();
        peers_.push_back(std::make_unique<Peer>(world_, ListenerKind::open));
    }

    World& world() { return world_; }
    Peer& peer() { return *peers_[peer_]; }

    void turn_to(std::size_t number, ListenerKind kind) {
        peer_ = std::min(number, peers_.size());
        if (peer_ == peers_.size()) peers_.push_back(std::make_unique<Peer>(world_, kind));
    }

    /// As much as the service takes; what it does not read for long is never sent.
    void send(std::string_view bytes) {
        for (int tries = 0; !bytes.empty() && tries < 3; ++tries) {
            const auto left = peer().send(bytes);
            if (left.size() == bytes.size() || !left.empty()) settle();
            if (left.size() < bytes.size()) tries = 0;
            bytes = left;
        }
    }

    /// Until nobody has anything to do.
    void settle() {
        bool is_busy = true;
        while (is_busy) {
            is_busy = poll(SIZE_MAX) > 0;
            if (world_.pool) {
                world_.job.await_worker(*world_.pool);
                is_busy = poll(SIZE_MAX) > 0 || is_busy;
            }
            for (auto& one : peers_) is_busy = one->read() || is_busy;
        }
        world_.check();
    }
    std::size_t poll(std::size_t most) {
        world_.loop.restart();
        std::size_t n = 0;
        while (n < most && world_.loop.poll_one() > 0) ++n;
        steps_ += n;
        require(steps_ < steps_max, "the loop does not come to rest");
        return n;
    }
    void pass(core::Duration time) {
        settle();
        http::testing::virtual_time = http::testing::virtual_now() + time;
        world_.limiter.tick(http::testing::virtual_now());
        world_.context->sweeper.sweep(http::testing::virtual_now());
        settle();
    }
    void let_go(const LoopHandler& handler, std::size_t kind) {
        if (handler.working() == 0) return;
        if (kind == breaks_its_word) excuse_all();
        handler.let_go(ending(kind));
    }
    void let_all_go(std::size_t kind) {
        for (const LoopHandler* handler : handlers())
            while (handler->working() > 0) let_go(*handler, kind);
    }
    [[nodiscard]] std::array<const LoopHandler*, 3> handlers() {
        return {&world_.loop_handler, &world_.drop_handler, &world_.stream_handler};
    }
    void excuse_all() {
        for (auto& one : peers_) one->excuse();
    }

    /// Nothing more comes from anywhere; everything has a time within which it ends.
    std::vector<Peer::Answer> end() {
        settle();
        std::size_t bytes = 0;
        for (auto& one : peers_) bytes += one->sent_bytes();
        const auto everyone_gone = [this] {
            return world_.shared.connections[0] + world_.shared.connections[1] == 0;
        };
        // Each request in a buffer may take its deadline, and the shortest is 16 bytes long.
        const std::size_t rounds = 60 + bytes / 16;
        for (std::size_t i = 0; i < rounds && !everyone_gone(); ++i) pass(5s);
        require(everyone_gone(), "a connection that does not end");
        for (int i = 0; i < 8; ++i) world_.job.let_go();
        settle();
        world_.expect_rest();
        check_explanations();
        std::vector<Peer::Answer> answers;
        std::uint64_t answered = 0;
        bool is_exact = true;
        for (auto& one : peers_) {
            const auto its = one->judge(plan_.limits, plan_.world.server.discard_bytes_max,
                                        !plan_.world.server.trusted_proxies.empty());
            if (&one == &peers_.front()) answers = its;
            // An answer to OPTIONS * is of no route, of no page, and no error.
            answered += static_cast<std::uint64_t>(
                std::count_if(its.begin(), its.end(), [](const auto& a) { return !a.to_star; }));
            is_exact = is_exact && !one->is_excused();
        }
        require(!is_exact || answered == replies_counted(),
                "clients have got another number of replies than were counted");
        return answers;
    }

private:
    [[nodiscard]] std::uint64_t replies_counted() const {
        std::map<unsigned, std::uint64_t> sums;
        for (const auto& record : world_.shared.known.records())
            record->cells[0]->responses.add_to(sums);
        for (const auto& page : world_.context->cells.pages) page.responses.add_to(sums);
        world_.context->cells.http_errors.add_to(sums);
        std::uint64_t n = 0;
        for (const auto& [status, count] : sums) n += count;
        return n;
    }
    void check_explanations() {
        const http::ExplainReader reader({&world_.context, 1});
        for (const auto& one : reader.latest_refusals(16))
            require(!http::explain_story(one).empty(), "a refusal that cannot be explained");
    }

    const Plan& plan_;
    World world_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::size_t peer_ = 0;
    std::size_t steps_ = 0;
};

/// What the input wants to happen, in its order.
class Script {
public:
    Script(Run& run, const Plan& plan) : run_(run), plan_(plan) {}

    void play(Input in) {
        while (!in.is_empty()) {
            run_.send(in.until(mark));
            if (!in.is_empty()) happen(in);
        }
    }

private:
    void happen(Input& in) {
        const std::uint8_t what = in.byte();
        switch (what) {
            case 's':
                return run_.settle();
            case 'p':
                run_.poll(in.below(8));
                return;
            case 'w':
                return run_.pass(in.pick(std::array<std::chrono::milliseconds, 8>{
                    10ms, 60ms, 250ms, 600ms, 1100ms, 3000ms, 6000ms, 40000ms}));
            case 'f':
                return run_.peer().finish_sending();
            case 'r':
                return run_.peer().reset();
            case 'z':
                return run_.peer().be_slow();
            case 'R':
                return run_.peer().read_some(std::size_t{1} << in.below(18));
            case 'c':
                return run_.turn_to(in.below(peers_max), ListenerKind::open);
            case 'k':
                return run_.turn_to(in.below(peers_max), ListenerKind::control);
            case 'b':
                return run_.send(std::string(std::size_t{1} << in.below(17), 'b'));
            case 'l':
                return let_go(in);
            case 'a':
                return run_.let_all_go(in.below(ending_kinds));
            case 'j':
                return run_.world().job.let_go();
            case 'd':
                return drain();
            case 'm':
                run_.excuse_all();
                static_cast<void>(run_.world().context->make_room());
                return;
            case 'x':
                run_.excuse_all();
                return run_.world().context->cut_all(ListenerKind::open);
            case 'g':
                return reconfigure(in);
            default:
                return run_.send(std::string_view(&mark, 1));
        }
    }
    void let_go(Input& in) {
        const LoopHandler& handler = *run_.handlers()[in.below(3)];
        run_.let_go(handler, in.below(ending_kinds));
    }
    void drain() {
        World& world = run_.world();
        run_.excuse_all();  // idle connections close, requests that cross that are lost
        world.shared.idle_grace_ns = core::Duration(500ms).count();
        world.shared.cut_at = (http::testing::virtual_now() + 2s).time_since_epoch().count();
        world.shared.closing = true;
        world.context->begin_closing();
    }
    void reconfigure(Input& in) {
        World& world = run_.world();
        if (world.settings_retired() > 8) return;
        http::ServerOptions server = world.options();
        http::RouteOptions route = plan_.world.route;
        server.half_close = in.flag();
        server.idle_timeout = in.pick(std::array{3000ms, 60000ms});
        route.body_bytes_max = in.pick(std::array<std::uint64_t, 2>{1'000'000, 5});
        route.deadline = in.pick(std::array{5000ms, 100ms});
        world.reconfigure(std::move(server), route);
    }

    Run& run_;
    const Plan& plan_;
};

/// The statuses that a client gets for these bytes when it sends them in these pieces, nothing else
/// happens, and every handler ends at once. Which of several mistakes in a header is named may
/// depend on the pieces; that it is refused may not.
class Split {
public:
    explicit Split(const Plan& plan) : run_(plan) {}

    void send(std::string_view piece) {
        // Not more at once than what is read behind a request that cannot be answered yet.
        run_.send(piece);
        for (;;) {
            run_.settle();
            bool is_working = false;
            for (const LoopHandler* handler : run_.handlers())
                is_working = is_working || handler->working() > 0;
            if (!is_working) return;
            run_.let_all_go(0);
        }
    }
    std::vector<Peer::Answer> end() {
        auto answers = run_.end();
        for (auto& answer : answers) {
            const bool is_of_head = answer.closes && answer.status >= 400 && answer.status != 404 &&
                                    answer.status != 405 && answer.status != 413 &&
                                    answer.status < 503;
            if (is_of_head || answer.status == 505) answer.status = 400;
        }
        return answers;
    }

private:
    Run run_;
};

std::string in_words(const std::vector<Peer::Answer>& answers) {
    std::string words;
    for (const auto& answer : answers)
        words += ' ' + std::to_string(answer.status) + (answer.closes ? " closes" : "");
    return words.empty() ? " none" : words;
}

/// A body that is refused while it is read ends the connection, unless all of it has come by then:
/// behind such a refusal pieces do matter.
bool agree(const std::vector<Peer::Answer>& some, const std::vector<Peer::Answer>& others) {
    const auto [at, beside] = std::ranges::mismatch(some, others);
    if (at == some.end() || beside == others.end()) return some.size() == others.size();
    return at->status == beside->status && at->status >= 400 && at->closes != beside->closes;
}

void demand_agreement(const std::vector<Peer::Answer>& at_once,
                      const std::vector<Peer::Answer>& otherwise, std::string_view how) {
    require(agree(at_once, otherwise), "the same bytes, other answers",
            "at once" + in_words(at_once) + ", " + std::string(how) + in_words(otherwise));
}

void compare_splits(const Plan& plan, Input in) {
    std::vector<std::string_view> pieces;
    while (!in.is_empty()) pieces.push_back(in.until(mark));
    std::string whole;
    for (const auto piece : pieces) whole += piece;
    whole.resize(std::min<std::size_t>(whole.size(), 30'000));

    Split at_once(plan);
    at_once.send(whole);
    const auto expected = at_once.end();

    Split in_pieces(plan);
    std::size_t left = whole.size();
    for (const auto piece : pieces) {
        in_pieces.send(piece.substr(0, left));
        left -= std::min(left, piece.size());
    }
    demand_agreement(expected, in_pieces.end(), "in pieces");
    if (whole.size() > 700) return;
    Split bytewise(plan);
    for (std::size_t i = 0; i < whole.size(); ++i)
        bytewise.send(std::string_view(whole).substr(i, 1));
    demand_agreement(expected, bytewise.end(), "byte by byte");
}

}  // namespace
}  // namespace spillway::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    testing::GTEST_FLAG(throw_on_failure) = true;  // what the harness expects is demanded here
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace spillway::fuzz;
    Input in(data, size);
    const Plan plan = plan_of(in);
    if (plan.compares_splits) {
        compare_splits(plan, in);
        return 0;
    }
    Run run(plan);
    Script(run, plan).play(in);
    static_cast<void>(run.end());
    return 0;
}
