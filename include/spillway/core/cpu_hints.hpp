#pragma once
// Hints to the CPU: they change how long something takes, never what it means.

namespace spillway::core {

/// This thread spins: 10 to 50 ns, depending on the CPU.
inline void pause_briefly() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
}

/// `p` will be written next: fetch its cache line to own it at once, not shared first.
inline void prefetch_to_write(const void* p) noexcept {
#if defined(__x86_64__)
    // The builtin becomes a prefetch to read unless the whole program requires newer CPUs; those
    // without this instruction take it for a no-op.
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(p)));
#else
    __builtin_prefetch(p, 1);
#endif
}

}  // namespace spillway::core
