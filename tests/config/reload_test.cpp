#include "config/reload.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace spillway::config {
namespace {

constexpr Machine machine{.cpus = 2};

/// The defaults, which have a pool cpu of 2 + 4 and a pool drill of 16 + 32.
Config running() { return Config::defaults(); }

Reloaded reload(const std::string& text, const Config& from = running(),
                const std::vector<Override>& overrides = {}) {
    return reload_text(text, "f.yaml", overrides, machine, from);
}

std::vector<std::string> problems(const Reloaded& reloaded) {
    std::vector<std::string> all;
    for (const Problem& problem : reloaded.loaded.problems) all.push_back(to_string(problem));
    return all;
}

TEST(Reload, the_same_file_changes_nothing) {
    const Reloaded same = reload("");
    EXPECT_TRUE(same.loaded.problems.empty());
    EXPECT_TRUE(same.changes.empty());
    EXPECT_TRUE(same.fixed.empty());
    EXPECT_EQ(same.loaded.config, running());
}

TEST(Reload, says_key_by_key_what_changes) {
    const Reloaded reloaded = reload(
        "server: {idle_timeout: 5s}\n"
        "limiters:\n  drill: {limit: {value: 7}, queue: {discipline: lifo}}\n"
        "log: {level: warn}\n");
    EXPECT_EQ(problems(reloaded), std::vector<std::string>{});
    EXPECT_EQ(reloaded.changes,
              (std::vector<Change>{{"server.idle_timeout", "60s", "5s"},
                                   {"limiters.drill.limit.value", "auto", "7"},
                                   {"limiters.drill.queue.discipline", "fifo", "lifo"},
                                   {"log.level", "info", "warn"}}));
}

TEST(Reload, tls_stays_on_or_off_and_its_files_may_change) {
    const std::string on = "server: {tls: {certificate: a, key: b}}\n";
    const Reloaded switched = reload(on);
    EXPECT_FALSE(switched.loaded.config.server.tls);
    ASSERT_EQ(switched.fixed.size(), 1U);
    EXPECT_EQ(switched.fixed[0].key, "server.tls");

    Config with_tls = running();
    with_tls.server.tls = with_tls.control.tls = Tls{.certificate = "a", .key = "b"};
    EXPECT_TRUE(reload("", with_tls).loaded.config.server.tls);
    const Reloaded other = reload(
        "server: {tls: {certificate: a, key: c}}\n"
        "control: {tls: {certificate: a, key: b, handshakes_max: 3}, explain: 1}\n",
        with_tls);
    EXPECT_EQ(other.changes, (std::vector<Change>{{"server.tls.key", "b", "c"},
                                                  {"control.tls.handshakes_max", "256", "3"}}));
    ASSERT_EQ(other.fixed.size(), 1U);
    EXPECT_EQ(other.fixed[0].key, "control.explain");
}

TEST(Reload, routes_go_by_their_path) {
    const std::string text =
        "routes:\n"
        "  - {path: /v1/drill, methods: [GET, HEAD, POST], handler: drill, limiter: drill,\n"
        "     pool: drill, deadline: 3s}\n"
        "  - {path: /new, methods: [GET], handler: drill, limiter: drill, pool: drill}\n";
    const Reloaded reloaded = reload(text);
    std::vector<std::string> keys;
    for (const Change& change : reloaded.changes) keys.push_back(change.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"routes./v1/resize", "routes./v1/drill.deadline",
                                              "routes./new"}));
    EXPECT_EQ(reloaded.changes[0].to, "");
    EXPECT_EQ(reloaded.changes[1].to, "3s");
    EXPECT_EQ(reloaded.changes[2].from, "");
}

TEST(Reload, what_cannot_change_keeps_its_running_value_and_is_told) {
    const Reloaded reloaded = reload(
        "server: {shards: 4, listen: [\"127.0.0.1:1\"]}\n"
        "control: {listen: \"127.0.0.1:2\"}\n"
        "pools: {cpu: {workers: 3}}\n"
        "log: {format: json, level: debug}\n");
    EXPECT_EQ(problems(reloaded), std::vector<std::string>{});
    std::vector<std::string> keys;
    for (const Change& change : reloaded.fixed) keys.push_back(change.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"server.listen", "server.shards", "control.listen",
                                              "pools.cpu.workers", "log.format"}));
    EXPECT_EQ(reloaded.fixed[1], (Change{"server.shards", "auto", "4"}));
    EXPECT_EQ(reloaded.loaded.config.server.listen, running().server.listen);
    EXPECT_EQ(reloaded.changes, (std::vector<Change>{{"log.level", "info", "debug"}}));
}

TEST(Reload, limits_are_checked_against_the_pools_that_run) {
    // Right by itself; but the workers are two.
    const Reloaded reloaded = reload(
        "pools:\n  cpu: {workers: 8}\n"
        "limiters:\n  resize:\n    limit: {value: 9}\n");
    ASSERT_EQ(reloaded.loaded.problems.size(), 1U);
    EXPECT_EQ(reloaded.loaded.problems[0].line, 5);
    EXPECT_NE(reloaded.loaded.problems[0].message.find("workers 2 + queue 4 = 6"),
              std::string::npos)
        << problems(reloaded)[0];
}

TEST(Reload, a_file_that_is_wrong_by_itself_is_wrong_whatever_runs) {
    EXPECT_EQ(reload("pools: {cpu: {workers: 1, queue: 1}}\n"
                     "limiters: {resize: {limit: {value: 5}}}\n")
                  .loaded.problems.size(),
              1U);
    EXPECT_EQ(reload("limiters: {resize: {limits: {}}}\n").loaded.problems.size(), 1U);
    EXPECT_FALSE(reload("routes: [").loaded.problems.empty());
}

TEST(Reload, pools_cannot_begin_and_limiters_cannot_move) {
    const std::string route = "{path: /x, methods: [GET], handler: drill, limiter: ";
    const auto extra =
        problems(reload("pools: {extra: {workers: 1}}\nlimiters: {extra: {}}\n"
                        "routes:\n  - " +
                        route + "extra, pool: extra}\n"));
    ASSERT_EQ(extra.size(), 1U);
    EXPECT_EQ(extra[0].find("f.yaml:4:"), 0U) << extra[0];
    EXPECT_NE(extra[0].find("pool extra does not run"), std::string::npos) << extra[0];

    const auto moved = problems(reload("routes:\n  - " + route + "drill, pool: cpu}\n"));
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_NE(moved[0].find("limiter drill runs on pool drill"), std::string::npos) << moved[0];
}

TEST(Reload, names_of_tenants_are_labels_and_stay_but_their_shares_change) {
    Config from = running();
    from.limiters["drill"].tenant = {.key = "header:X", .shares = {{"a", 1}, {"b", 2}}};
    const std::string head = "limiters:\n  drill:\n    tenant: {key: \"header:X\", shares: ";
    const Reloaded weights = reload(head + "{a: 5, b: 2}}\n", from);
    EXPECT_EQ(weights.changes, (std::vector<Change>{{"limiters.drill.tenant.shares.a", "1", "5"}}));
    EXPECT_TRUE(weights.fixed.empty());

    const Reloaded names = reload(head + "{a: 5, c: 2}}\n", from);
    EXPECT_TRUE(names.changes.empty());
    EXPECT_FALSE(names.fixed.empty());
    EXPECT_EQ(names.loaded.config.limiters.at("drill"), from.limiters.at("drill"));
}

TEST(Reload, overrides_hold_against_the_file) {
    const std::vector<Override> set{*parse_set("limiters.drill.queue.capacity=9")};
    Config from = running();
    from.limiters["drill"].queue.capacity = 9;
    const Reloaded reloaded =
        reload("limiters: {drill: {queue: {capacity: 5, wait_timeout: 1s}}}\n", from, set);
    EXPECT_EQ(reloaded.changes,
              (std::vector<Change>{{"limiters.drill.queue.wait_timeout", "200ms", "1s"}}));
}

}  // namespace
}  // namespace spillway::config
