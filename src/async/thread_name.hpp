#pragma once

#include <pthread.h>

#include <string>

namespace spillway::async {

/// Names the calling thread, as ps and debuggers show it. Linux keeps 15 characters.
inline void set_thread_name(const std::string& name) noexcept {
    char buffer[16] = {};
    name.copy(buffer, sizeof(buffer) - 1);
    pthread_setname_np(pthread_self(), buffer);
}

}  // namespace spillway::async
