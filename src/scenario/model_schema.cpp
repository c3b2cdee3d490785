#include "scenario/model_schema.hpp"

#include <chrono>

#include "config/section.hpp"
#include "scenario/rules.hpp"

namespace spillway::config {

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
         required(key("factor", &Slowdown::factor, scenario::decimal(0.1, 1000)))}};
    return slowdown;
}

template <>
const Table<Service>& table<Service>() {
    static const Table<Service> service{
        {key("time", &Service::time, fine_duration(std::chrono::microseconds{1}, hours{1})),
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
         section_list("slowdowns", &Service::slowdowns, scenario::slowdowns_max)}};
    return service;
}

template <>
const Table<scenario::Priority>& table<scenario::Priority>() {
    static const Table<scenario::Priority> priority{
        {key("bands", &scenario::Priority::bands, count(1, 8)),
         key("floor", &scenario::Priority::floor, scenario::decimal(0, 0.125))}};
    return priority;
}

template <>
const Table<Tenancy>& table<Tenancy>() {
    static const Table<Tenancy> tenancy{
        {key("queues", &Tenancy::queues, count(8, 1024)), key("hand", &Tenancy::hand, count(1, 8)),
         named_values("shares", &Tenancy::shares, count(1, 65'536), scenario::check_tenant_names)}};
    return tenancy;
}

template <>
const Table<scenario::Limiter>& table<scenario::Limiter>() {
    static const Table<scenario::Limiter> limiter{
        {section("limit", &scenario::Limiter::limit), section("queue", &scenario::Limiter::queue),
         section("priority", &scenario::Limiter::priority),
         section("tenant", &scenario::Limiter::tenant),
         section_or_off("rate", &scenario::Limiter::rate)}};
    return limiter;
}

}  // namespace spillway::config
