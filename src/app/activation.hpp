#pragma once
// Socket activation: the listening sockets that the service manager passes.

#include <vector>

#include "spillway/http/server.hpp"

namespace spillway::app {

/// What LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES say, named "public" and "control" if the unit
/// names them so. The variables are gone afterwards. Empty: nobody passes any. Throws
/// std::runtime_error.
[[nodiscard]] std::vector<http::PassedSocket> activated_sockets();

}  // namespace spillway::app
