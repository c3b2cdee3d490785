#include "app/activation.hpp"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <string>
#include <system_error>

namespace spillway::app {

std::vector<http::PassedSocket> activated_sockets() {
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    if (count < 0)
        throw std::system_error(-count, std::generic_category(), "LISTEN_FDS cannot be used");
    std::vector<http::PassedSocket> sockets;
    for (int i = 0; i < count; ++i) {
        http::PassedSocket& socket = sockets.emplace_back();
        socket.descriptor.reset(SD_LISTEN_FDS_START + i);
        // Without FileDescriptorName= it is the name of the socket unit, or "unknown".
        const std::string name = names == nullptr ? "" : names[i];
        if (name == "public" || name == "control") socket.listener = name;
        socket.is_kept = true;
        socket.must_be_wanted = true;
    }
    for (int i = 0; i < count && names != nullptr; ++i) std::free(names[i]);
    std::free(static_cast<void*>(names));
    return sockets;
}

}  // namespace spillway::app
