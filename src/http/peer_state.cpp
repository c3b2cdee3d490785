#include "http/peer_state.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace spillway::http {

bool peer_has_sent_fin(int socket) noexcept {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    return info.tcpi_state != TCP_ESTABLISHED;
}

std::size_t unread_bytes(int socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes)
                                                               : 0;
}

}  // namespace spillway::http
