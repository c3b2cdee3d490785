#include "scenario/model_schema.hpp"

#include <chrono>

#include "config/section.hpp"
#include "scenario/rules.hpp"

namespace spillway::config {

using scenario::Quota;
using scenario::RatePer;
using scenario::Service;
using scenario::Slowdown;
using scenario::Tenancy;
using scenario::Times;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t TiB = 1ULL << 40;

Rule<std::uint32_t> units(std::uint32_t low) { return count(low, scenario::units_max); }

}  // namespace

template <>
const Table<Slowdown>& table<Slowdown>() {
    static const Table<Slowdown> slowdown{
        {required(key("from", &Slowdown::from, duration(milliseconds{0}, hours{24}))),
         required(key("for", &Slowdown::length, scenario::some_time())),
         required(key("factor", &Slowdown::factor, scenario::decimal(0.1, 1000)))},
        {}};
    return slowdown;
}

template <>
const Table<Service>& table<Service>() {
    static const Table<Service> service{
        {key("time", &Service::time, scenario::fine_duration()),
         key("times", &Service::times,
             scenario::word_for<Times>({{"constant", Times::constant},
                                        {"exponential", Times::exponential},
                                        {"lognormal", Times::lognormal}})),
         key("sigma", &Service::sigma, scenario::decimal(0, 3)),
         key("workers", &Service::workers, units(1)),
         key("contention", &Service::contention, scenario::decimal(0, 100)),
         key("memory_each", &Service::memory_each, size(0, TiB)),
         key("memory_max", &Service::memory_max, size(0, TiB)),
         key("thrash", &Service::thrash, scenario::decimal(0, 1000)),
         key("stops", &Service::stops, flag()),
         section_list("slowdowns", &Service::slowdowns, scenario::slowdowns_max)},
        {}};
    return service;
}

template <>
const Table<scenario::Limit>& table<scenario::Limit>() {
    static const Table<scenario::Limit> limit{
        {key("algorithm", &scenario::Limit::algorithm, one_of(scenario::algorithms())),
         key("value", &scenario::Limit::value, or_auto(units(1))),
         key("min", &scenario::Limit::min, units(1)),
         key("max", &scenario::Limit::max, or_auto(units(1))),
         key("initial", &scenario::Limit::initial, or_auto(units(1))),
         key("target", &scenario::Limit::target, scenario::some_time()),
         key("quantile", &scenario::Limit::quantile, scenario::decimal(0.01, 0.999)),
         key("cures", &scenario::Limit::cures, flag())},
        {}};
    return limit;
}

template <>
const Table<scenario::Queue>& table<scenario::Queue>() {
    static const Table<scenario::Queue> queue{
        {key("capacity", &scenario::Queue::capacity, count(0, 1'000'000)),
         key("wait_timeout", &scenario::Queue::wait_timeout, scenario::some_time()),
         key("discipline", &scenario::Queue::discipline, one_of(scenario::disciplines()))},
        {}};
    return queue;
}

template <>
const Table<scenario::Priority>& table<scenario::Priority>() {
    static const Table<scenario::Priority> priority{
        {key("bands", &scenario::Priority::bands, count(1, 8)),
         key("floor", &scenario::Priority::floor, scenario::decimal(0, 0.125))},
        {}};
    return priority;
}

template <>
const Table<Tenancy>& table<Tenancy>() {
    static const Table<Tenancy> tenancy{
        {key("queues", &Tenancy::queues, count(8, 1024)), key("hand", &Tenancy::hand, count(1, 8)),
         named_values("shares", &Tenancy::shares, count(1, 65'536), scenario::check_tenant_names)},
        {}};
    return tenancy;
}

template <>
const Table<Quota>& table<Quota>() {
    static const Table<Quota> quota{
        {key("per", &Quota::per,
             scenario::word_for<RatePer>(
                 {{"none", RatePer::none}, {"tenant", RatePer::tenant}, {"all", RatePer::all}})),
         key("rate", &Quota::rate, count(1, 10'000'000)),
         key("period", &Quota::period, scenario::some_time()),
         key("burst", &Quota::burst, count(1, 10'000'000))},
        {}};
    return quota;
}

template <>
const Table<scenario::Limiter>& table<scenario::Limiter>() {
    static const Table<scenario::Limiter> limiter{
        {section("limit", &scenario::Limiter::limit), section("queue", &scenario::Limiter::queue),
         section("priority", &scenario::Limiter::priority),
         section("tenant", &scenario::Limiter::tenant), section("rate", &scenario::Limiter::rate)},
        {}};
    return limiter;
}

}  // namespace spillway::config
