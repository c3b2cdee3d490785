#include "app/unix_packets.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "app/handover_message.hpp"

namespace spillway::app {
namespace {

constexpr int waiting_peers_max = 4;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        throw std::system_error(ENAMETOOLONG, std::generic_category(), path);
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address);
}

std::optional<ucred> peer_of(int socket) noexcept {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return peer;
}

async::Descriptor packet_socket(const std::string& path) {
    async::Descriptor made(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made) throw std::system_error(errno, std::generic_category(), path);
    return made;
}

/// Room for the descriptors of one message, aligned as their header must be.
struct Control {
    static constexpr std::size_t size = CMSG_SPACE(sizeof(int) * handover::sockets_in_message_max);
    alignas(cmsghdr) std::array<char, size> bytes{};
};

void take_descriptors(msghdr& message, std::vector<async::Descriptor>& into) {
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(one) + i * sizeof(int), sizeof(int));
            into.emplace_back(descriptor);
        }
    }
}

}  // namespace

PacketListener::PacketListener(std::string path) : path_(std::move(path)) {
    const std::string name = path_ + "." + std::to_string(::getpid());
    socket_ = packet_socket(path_);
    const sockaddr_un address = address_of(name);
    ::unlink(name.c_str());  // of a process that had our number and is no more
    // The mode of the socket is the file's from its first moment on.
    if (::fchmod(socket_.get(), S_IRUSR | S_IWUSR) != 0 ||
        ::bind(socket_.get(), generic(address), sizeof(address)) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot bind " + path_);
    struct stat seen{};
    if (::lstat(name.c_str(), &seen) == 0) inode_ = seen.st_ino;
    name_ = name;
    if (::listen(socket_.get(), waiting_peers_max) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot listen on " + path_);
}

PacketListener::~PacketListener() { close(false); }

void PacketListener::publish() {
    if (::rename(name_.c_str(), path_.c_str()) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot rename to " + path_);
    name_ = path_;
}

void PacketListener::close(bool is_replaced) noexcept {
    if (!is_replaced) remove_own();
    name_.clear();
    socket_.reset();
}

/// A successor may have put its own socket there.
void PacketListener::remove_own() noexcept {
    if (name_.empty()) return;
    struct stat seen{};
    if (::lstat(name_.c_str(), &seen) == 0 && seen.st_ino == inode_) ::unlink(name_.c_str());
}

async::Descriptor PacketListener::accept(std::error_code& error) noexcept {
    error.clear();
    async::Descriptor peer(
        ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!peer) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            error.assign(errno, std::generic_category());
        return {};
    }
    const auto who = peer_of(peer.get());
    if (!who || who->uid != ::geteuid()) return {};
    return peer;
}

std::optional<async::Descriptor> connect_packets(const std::string& path) {
    async::Descriptor made = packet_socket(path);
    const sockaddr_un address = address_of(path);
    if (::connect(made.get(), generic(address), sizeof(address)) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
        throw std::system_error(errno, std::generic_category(), "cannot connect to " + path);
    }
    const auto who = peer_of(made.get());
    if (!who || who->uid != ::geteuid())
        throw std::runtime_error(path + " belongs to another user's process");
    return made;
}

bool send_packet(int socket, std::string_view text, const std::vector<int>& descriptors) noexcept {
    iovec bytes{const_cast<char*>(text.data()), text.size()};
    Control control;
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        if (descriptors.size() > handover::sockets_in_message_max) return false;
        message.msg_control = control.bytes.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
        std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(text.size());
}

std::optional<Packet> receive_packet(int socket, std::chrono::milliseconds patience,
                                     bool* is_gone) {
    pollfd waiting{socket, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
    Packet packet;
    packet.text.resize(handover::message_bytes_max);
    iovec bytes{packet.text.data(), packet.text.size()};
    Control control;
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    // A peer that left without reading all is told of first, and once; what it has said comes
    // after.
    if (size < 0 && errno == ECONNRESET)
        size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size <= 0) {
        if (is_gone != nullptr) *is_gone = size == 0 || errno != EAGAIN;
        return std::nullopt;
    }
    take_descriptors(message, packet.descriptors);
    packet.text.resize(static_cast<std::size_t>(size));
    // What did not fit is lost: no message of ours.
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) packet.text.clear();
    return packet;
}

int peer_process(int socket) noexcept {
    const auto who = peer_of(socket);
    return who ? who->pid : 0;
}

}  // namespace spillway::app
