// Repeats one decision for callgrind to count, where performance counters are missing:
//
//   valgrind --tool=callgrind --toggle-collect='measured*' spillway-count NAME REPETITIONS
//
// Without arguments it prints the names.

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "decisions.hpp"

namespace {

/// Collection is on inside only, construction and the first call (cold) are not in it.
template <class Decision>
[[gnu::noinline]] void measured(Decision& decision, unsigned repetitions) {
    for (unsigned i = 0; i < repetitions; ++i) {
        decision();
        asm volatile("" ::: "memory");
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace spillway::micro;
    if (argc == 1) {
        for_each_decision([]<class Decision>(const char* name) { std::puts(name); });
        return 0;
    }
    unsigned repetitions = 0;
    if (argc != 3) return 2;
    std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), repetitions);
    bool found = false;
    for_each_decision([&]<class Decision>(const char* name) {
        if (std::string_view(argv[1]) != name) return;
        found = true;
        const auto decision = std::make_unique<Decision>();
        (*decision)();
        measured(*decision, repetitions);
    });
    return found && repetitions > 0 ? 0 : 2;
}
