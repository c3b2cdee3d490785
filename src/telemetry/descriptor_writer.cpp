#include "telemetry/descriptor_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <string>

#include "spillway/async/steady_now.hpp"

namespace spillway::telemetry {
namespace {

// How soon a writer that waits for its reader notices that it is to give up.
constexpr int poll_ms = 20;

int open_again(int descriptor) noexcept {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return -1;
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return -1;
    try {
        const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
        return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } catch (...) {
        return -1;
    }
}

}  // namespace

DescriptorWriter::DescriptorWriter(int descriptor) noexcept
    : descriptor_(open_again(descriptor)), give_up_at_(INT64_MAX) {
    is_own_ = descriptor_ >= 0;
    if (!is_own_) descriptor_ = descriptor;
}

DescriptorWriter::~DescriptorWriter() {
    if (is_own_) ::close(descriptor_);
}

bool DescriptorWriter::write(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        if (!wait_until_writable()) return false;
        // Not more than PIPE_BUF: that much fits after a poll() even where the descriptor had to
        // stay a blocking one (a pipe that may not be opened again).
        const ssize_t written =
            ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
    }
    return true;
}

bool DescriptorWriter::is_over() const noexcept {
    const auto deadline = core::Duration(give_up_at_.load(std::memory_order_relaxed));
    return async::steady_now() >= core::TimePoint(deadline);
}

bool DescriptorWriter::wait_until_writable() const noexcept {
    while (!is_over()) {
        pollfd entry{.fd = descriptor_, .events = POLLOUT, .revents = 0};
        const int ready = ::poll(&entry, 1, poll_ms);
        // An error condition counts as writable: write() then says which one it is.
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
    return false;
}

}  // namespace spillway::telemetry
