#pragma once
// Asks the kernel what reading cannot tell: the buffer is full, or the loop has not come to it yet.

#include <cstddef>

namespace spillway::http {

/// The peer of this TCP socket has sent a FIN or reset, whatever still waits to be read before it.
/// One system call; false for sockets that are not TCP.
[[nodiscard]] bool peer_has_sent_fin(int socket) noexcept;

/// How many bytes have come that nobody has read. One system call.
[[nodiscard]] std::size_t unread_bytes(int socket) noexcept;

}  // namespace spillway::http
