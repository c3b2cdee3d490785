#include "http/session_buffers.hpp"

#include <sys/mman.h>

#include <new>

namespace spillway::http {

namespace {

constexpr std::size_t page_bytes = 4096;  // or a divisor of the real size: then it rounds once more

constexpr std::size_t mapped_bytes(std::size_t in_bytes) noexcept {
    return (sizeof(SessionBuffers) + in_bytes + SessionBuffers::out_size + page_bytes - 1) /
           page_bytes * page_bytes;
}

}  // namespace

SessionBuffers::Ptr SessionBuffers::make(std::size_t in_bytes) {
    const std::size_t bytes = mapped_bytes(in_bytes);
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    char* const begin = static_cast<char*>(pages) + sizeof(SessionBuffers);
    const std::span rest(begin, bytes - sizeof(SessionBuffers));
    return Ptr(new (pages) SessionBuffers(rest.first(rest.size() - out_size), rest.last(out_size)));
}

void SessionBuffers::Unmap::operator()(SessionBuffers* buffers) const noexcept {
    const std::size_t bytes = sizeof(SessionBuffers) + buffers->in_size + out_size;
    buffers->~SessionBuffers();
    munmap(buffers, bytes);
}

}  // namespace spillway::http
