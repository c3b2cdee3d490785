#include "app/memory_reserve.hpp"

#include <sys/mman.h>

#include <atomic>
#include <new>

namespace spillway::app::memory_reserve {
namespace {

// Only who has exchanged the pointer touches the pages; nothing is published through it.
std::atomic<void*> held{nullptr};
std::atomic<bool> spent{false};

void* take() noexcept {
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

/// operator new tries again when this returns.
void give_up() {
    void* const pages = held.exchange(nullptr);
    if (pages == nullptr) throw std::bad_alloc();
    spent = true;
    munmap(pages, bytes);
}

}  // namespace

void hold() noexcept {
    held = take();
    std::set_new_handler(&give_up);
}

bool restore() noexcept {
    if (!spent) return false;
    void* const pages = take();
    if (pages == nullptr) return false;
    spent = false;
    held = pages;
    return true;
}

bool is_spent() noexcept { return spent; }

}  // namespace spillway::app::memory_reserve
