// What each decision costs on one thread, in time.

#include <benchmark/benchmark.h>

#include "decisions.hpp"

namespace spillway::micro {
namespace {

template <class Decision>
void time_one(benchmark::State& state) {
    const auto decision = std::make_unique<Decision>();
    for (auto _ : state) {
        (*decision)();
        benchmark::ClobberMemory();
    }
}

[[maybe_unused]] const bool registered = [] {
    for_each_decision([]<class Decision>(const char* name) {
        benchmark::RegisterBenchmark(name, &time_one<Decision>);
    });
    return true;
}();

}  // namespace
}  // namespace spillway::micro
