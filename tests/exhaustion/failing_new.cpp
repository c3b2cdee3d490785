#include "exhaustion/failing_new.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace spillway::testing {
namespace {

struct Plan {
    bool is_on = false;
    std::uint64_t fails_at = 0;
    std::uint64_t counted = 0;
};

thread_local Plan plan;

bool fails_now(std::size_t bytes) noexcept {
    return plan.is_on && bytes >= large_bytes && ++plan.counted == plan.fails_at;
}

void* allocate(std::size_t bytes, std::size_t alignment) {
    void* memory = nullptr;
    alignment = std::max(alignment, sizeof(void*));
    if (fails_now(bytes) || posix_memalign(&memory, alignment, bytes) != 0) throw std::bad_alloc();
    return memory;
}

}  // namespace

FailingAllocations::FailingAllocations(std::uint64_t fails_at) noexcept {
    plan.is_on = true;
    plan.fails_at = fails_at;
}

FailingAllocations::~FailingAllocations() { plan.is_on = false; }

std::uint64_t allocations_counted() noexcept { return plan.counted; }
void reset_allocations() noexcept { plan = {}; }

}  // namespace spillway::testing

using spillway::testing::allocate;

void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
