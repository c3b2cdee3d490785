#pragma once
// Asks the kernel what reading cannot tell while the buffer is full.

namespace spillway::http {

/// The peer of this TCP socket has sent a FIN or reset, whatever still waits to be read before it.
/// One system call; false for sockets that are not TCP.
[[nodiscard]] bool peer_has_sent_fin(int socket) noexcept;

}  // namespace spillway::http
