#pragma once
// Objects that are made and destroyed once per request, without an allocation each.

#include <boost/asio/recycling_allocator.hpp>
#include <cstddef>

namespace spillway::async {

/// Base of classes whose objects come from the few blocks that Asio keeps per loop thread, as its
/// own operations and coroutine frames do. Elsewhere, and when none fits, from the heap; a block
/// may be freed on any thread. Nothing is kept beyond those few blocks.
struct Recycled {
    static void* operator new(std::size_t bytes) { return Blocks().allocate(units(bytes)); }
    static void operator delete(void* memory, std::size_t bytes) noexcept {
        Blocks().deallocate(static_cast<std::max_align_t*>(memory), units(bytes));
    }

private:
    using Blocks = boost::asio::recycling_allocator<std::max_align_t>;
    static constexpr std::size_t units(std::size_t bytes) noexcept {
        return (bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
    }
};

}  // namespace spillway::async
