#pragma once
// The other end of a session's socket: a plain descriptor that a test writes to and reads from, and
// what it reads taken apart as replies.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spillway/core/assert.hpp"

namespace spillway::http::testing {

struct WireReply {
    int status = 0;
    std::map<std::string, std::string> fields;  // names as sent
    std::string body;

    [[nodiscard]] std::string field(const std::string& name) const {
        const auto found = fields.find(name);
        return found == fields.end() ? "" : found->second;
    }
    [[nodiscard]] bool closes() const { return field("Connection") == "close"; }
    [[nodiscard]] std::string reason() const {
        const auto at = body.find("\"reason\":\"");
        return at == std::string::npos ? ""
                                       : body.substr(at + 10, body.find('"', at + 10) - at - 10);
    }
};

/// Takes one whole reply off the front of `text`; nothing if it is not all there. Aborts on what is
/// not a reply: then the framing has broken.
inline std::optional<WireReply> take_reply(std::string& text, bool has_body = true) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) {
        SPILLWAY_ASSERT(text.substr(0, 9) == std::string("HTTP/1.1 ").substr(0, text.size()));
        return std::nullopt;
    }
    WireReply reply;
    SPILLWAY_ASSERT(text.substr(0, 9) == "HTTP/1.1 ");
    reply.status = std::stoi(text.substr(9, 3));
    for (auto at = text.find("\r\n") + 2; at < end + 2;) {
        const auto line_end = text.find("\r\n", at);
        const auto colon = text.find(": ", at);
        SPILLWAY_ASSERT(colon < line_end);
        const auto name = text.substr(at, colon - at);
        const bool is_new =
            reply.fields.emplace(name, text.substr(colon + 2, line_end - colon - 2)).second;
        SPILLWAY_ASSERT(is_new);
        at = line_end + 2;
    }
    std::size_t size = 0;
    if (has_body && reply.status != 100) {
        SPILLWAY_ASSERT(reply.fields.contains("Content-Length"));
        size = std::stoul(reply.fields["Content-Length"]);
    }
    if (text.size() < end + 4 + size) return std::nullopt;
    reply.body = text.substr(end + 4, size);
    text.erase(0, end + 4 + size);
    return reply;
}

/// One end of a socket pair.
class WireClient {
public:
    explicit WireClient(int descriptor) : descriptor_(descriptor) {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    }
    WireClient(WireClient&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)),
          received_(std::move(other.received_)),
          is_ended_(other.is_ended_) {}
    WireClient& operator=(WireClient&&) = delete;
    ~WireClient() { close(); }

    /// False if the peer takes no more: its buffer is full, or it is gone.
    bool send(std::string_view text) { return send_some(text) == text.size(); }
    /// How many bytes of it the peer took.
    std::size_t send_some(std::string_view text) {
        const auto n = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    void fin() { ::shutdown(descriptor_, SHUT_WR); }
    /// With something unread this is a reset for the peer.
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    [[nodiscard]] int descriptor() const { return descriptor_; }

    /// Reads at most `bytes` of what has come.
    void read(std::size_t bytes = SIZE_MAX) {
        while (descriptor_ >= 0 && bytes > 0) {
            char piece[65536];
            const auto n = ::recv(descriptor_, piece, std::min(bytes, sizeof(piece)), 0);
            if (n <= 0) {
                is_ended_ = is_ended_ || n == 0 || errno == ECONNRESET;
                return;
            }
            received_.append(piece, static_cast<std::size_t>(n));
            bytes -= static_cast<std::size_t>(n);
        }
    }
    /// Reads what has come into a buffer of the caller's; 0 if nothing has.
    template <std::size_t N>
    [[nodiscard]] std::size_t read_into(char (&piece)[N]) {
        const auto n = ::recv(descriptor_, piece, N, 0);
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    /// The next whole reply that has come.
    [[nodiscard]] std::optional<WireReply> reply(bool has_body = true) {
        read();
        return take_reply(received_, has_body);
    }
    [[nodiscard]] std::string& received() {
        read();
        return received_;
    }
    /// What was read and not taken yet.
    [[nodiscard]] std::string take_received() { return std::exchange(received_, {}); }
    /// The server has closed its sending side.
    [[nodiscard]] bool is_ended() {
        read();
        return is_ended_;
    }

private:
    int descriptor_;
    std::string received_;
    bool is_ended_ = false;
};

}  // namespace spillway::http::testing
