#pragma once
// Where threads sleep until there is something to do: one token wakes one thread.

#include <semaphore.h>

#include <cerrno>

#include "spillway/core/assert.hpp"

namespace spillway::async {

/// A POSIX semaphore. Thread-safe. A sleep costs one system call, and so does the token that ends
/// it; a condition variable costs two and three, because glibc gives the mutex back to the woken as
/// if others waited for it. std::counting_semaphore yields the CPU four times before it sleeps.
class WakeTokens {
public:
    WakeTokens() noexcept { SPILLWAY_ASSERT(sem_init(&tokens_, 0, 0) == 0); }
    WakeTokens(const WakeTokens&) = delete;
    WakeTokens& operator=(const WakeTokens&) = delete;
    ~WakeTokens() { sem_destroy(&tokens_); }

    /// Takes a token; sleeps until there is one.
    void take() noexcept {
        while (sem_wait(&tokens_) != 0) SPILLWAY_ASSERT(errno == EINTR);
    }

    /// Adds a token.
    void give() noexcept { SPILLWAY_ASSERT(sem_post(&tokens_) == 0); }

private:
    sem_t tokens_;
};

}  // namespace spillway::async
