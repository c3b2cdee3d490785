#pragma once
// How an event loop gets the CPU from a worker that is burning it.

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace spillway::async {

/// Asks for turns of 0.1 ms, the least that the kernel gives; of any thread, for itself. It changes
/// nothing about how much CPU time the thread gets; but from Linux 6.12 on (sched-eevdf.rst), one
/// that wakes takes the CPU from a thread with longer turns at once, instead of at the end of that
/// turn. Older kernels, and those that refuse, leave things as they are.
inline void ask_for_short_slice() noexcept {
    struct Attributes {  // struct sched_attr, first version; libc and kernel headers clash over it
        std::uint32_t size;
        std::uint32_t policy;
        std::uint64_t flags;
        std::int32_t nice;
        std::uint32_t priority;
        std::uint64_t runtime_ns;
        std::uint64_t deadline_ns;
        std::uint64_t period_ns;
    } attributes{};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return;
    if (attributes.policy != SCHED_OTHER) return;
    attributes.size = sizeof(attributes);
    attributes.runtime_ns = 100'000;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace spillway::async
