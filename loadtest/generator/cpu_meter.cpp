#include "generator/cpu_meter.hpp"

#include <sys/resource.h>

namespace spillway::loadtest {

core::Duration process_cpu() {
    ::rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const ::timeval& t) {
        return std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec};
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace spillway::loadtest
