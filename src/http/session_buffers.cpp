#include "http/session_buffers.hpp"

#include <sys/mman.h>

#include <new>

namespace spillway::http {

namespace {

constexpr std::size_t page_bytes = 4096;  // or a divisor of the real size: then it rounds once more
// Parser and output fill the first page: an active connection touches it and one of the input's.
constexpr std::size_t front_bytes =
    (sizeof(SessionBuffers) + page_bytes - 1) / page_bytes * page_bytes;

constexpr std::size_t mapped_bytes(std::size_t in_bytes) noexcept {
    return front_bytes + (in_bytes + page_bytes - 1) / page_bytes * page_bytes;
}

}  // namespace

SessionBuffers::Ptr SessionBuffers::make(std::size_t in_bytes) {
    const std::size_t bytes = mapped_bytes(in_bytes);
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    char* const in = static_cast<char*>(pages) + front_bytes;
    return Ptr(new (pages) SessionBuffers(in, bytes - front_bytes));
}

void SessionBuffers::Unmap::operator()(SessionBuffers* buffers) const noexcept {
    const std::size_t bytes = front_bytes + buffers->in_size;
    buffers->~SessionBuffers();
    munmap(buffers, bytes);
}

}  // namespace spillway::http
