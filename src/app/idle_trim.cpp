#include "app/idle_trim.hpp"

#include <malloc.h>

namespace spillway::app {

void use_one_heap() { ::mallopt(M_ARENA_MAX, 1); }

bool IdleTrim::update(core::TimePoint now, std::uint64_t received,
                      std::uint64_t unfinished) noexcept {
    if (received != received_ || unfinished > 0) {
        received_ = received;
        busy_at_ = now;
        is_due_ = true;
        return false;
    }
    if (!is_due_ || now - busy_at_ < patience) return false;
    is_due_ = false;
    return true;
}

}  // namespace spillway::app
