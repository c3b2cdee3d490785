#pragma once
// How an event loop gets the CPU from a worker that is burning it.

#include <linux/types.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace spillway::async {

/// Asks for turns of 0.1 ms, the least that the kernel gives. It changes nothing about how much
/// CPU time the thread gets; but from Linux 6.12 on, one that wakes takes the CPU from a thread
/// with longer turns at once, instead of at the end of that turn (1 to 3 ms). Older kernels, and
/// those that refuse, leave things as they are.
inline void ask_for_short_slice() noexcept {
    struct Attributes {  // struct sched_attr, first version; libc and kernel headers clash over it
        __u32 size;
        __u32 policy;
        __u64 flags;
        __s32 nice;
        __u32 priority;
        __u64 runtime_ns;
        __u64 deadline_ns;
        __u64 period_ns;
    } attributes{};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return;
    if (attributes.policy != SCHED_OTHER) return;
    attributes.size = sizeof(attributes);
    attributes.runtime_ns = 100'000;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace spillway::async
