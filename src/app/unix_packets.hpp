#pragma once
// A Unix socket that keeps packets apart and carries descriptors with them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "spillway/async/descriptor.hpp"

namespace spillway::app {

/// The longest path of a Unix socket that leaves room for the name under which it is made.
inline constexpr std::size_t socket_path_bytes_max = 90;

/// A listening socket that only its owner may reach (mode 0600), bound under a name of its own
/// until publish() moves it to `path` in one step, over whatever is there.
class PacketListener {
public:
    /// Throws std::system_error that names the path.
    explicit PacketListener(std::string path);
    PacketListener(const PacketListener&) = delete;
    PacketListener& operator=(const PacketListener&) = delete;
    /// Takes its file with it, unless another one has taken its place.
    ~PacketListener();

    void publish();
    /// Nobody can come any more. `is_replaced`: another one is about to have the path.
    void close(bool is_replaced) noexcept;
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
    /// A newcomer of this user, or nothing. `error`: nobody can be accepted now, and whoever comes
    /// goes on waiting.
    [[nodiscard]] async::Descriptor accept(std::error_code& error) noexcept;

private:
    void remove_own() noexcept;

    const std::string path_;
    std::string name_;         // of the file now; empty: none
    std::uint64_t inode_ = 0;  // the file's
    async::Descriptor socket_;
};

/// Nothing if nobody listens there. Throws std::system_error, or std::runtime_error if whoever
/// listens is another user.
[[nodiscard]] std::optional<async::Descriptor> connect_packets(const std::string& path);

struct Packet {
    std::string text{};
    std::vector<async::Descriptor> descriptors{};
};

/// Without waiting. False: the peer is gone, or does not read.
[[nodiscard]] bool send_packet(int socket, std::string_view text,
                               const std::vector<int>& descriptors = {}) noexcept;
/// Waits for at most `patience`. Nothing: none came, or the peer is gone (then *is_gone).
[[nodiscard]] std::optional<Packet> receive_packet(int socket, std::chrono::milliseconds patience,
                                                   bool* is_gone = nullptr);

/// The process at the other end, for the log.
[[nodiscard]] int peer_process(int socket) noexcept;

}  // namespace spillway::app
