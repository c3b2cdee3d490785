#include "http/stream.hpp"

#include <algorithm>
#include <cstring>

#include "http/peer_state.hpp"

namespace spillway::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t record_bytes_max = 16 * 1024;

/// A head and what follows it, as one record. OpenSSL does not look at the bytes again once it has
/// made a record of them, so connections can share this.
thread_local std::array<char, record_bytes_max> record;

}  // namespace

std::ptrdiff_t Stream::send_secure(const char* bytes, std::size_t size) noexcept {
    Buffers all{asio::const_buffer(bytes, size), {}};
    const Step step = write(all);
    return step.status == Status::done ? static_cast<std::ptrdiff_t>(step.bytes) : -1;
}

Stream::Step Stream::read(asio::mutable_buffer to) noexcept {
    return secure_->connection->read({static_cast<char*>(to.data()), to.size()});
}

Stream::Step Stream::write(Buffers& from) noexcept {
    const auto bytes = [](const asio::const_buffer& buffer, std::size_t most) {
        return std::span(static_cast<const char*>(buffer.data()), std::min(buffer.size(), most));
    };
    std::span<const char> piece = bytes(from[0], record_bytes_max);
    if (piece.empty()) {
        piece = bytes(from[1], record_bytes_max);
    } else if (from[1].size() > 0 && piece.size() < record_bytes_max) {
        const auto behind = bytes(from[1], record_bytes_max - piece.size());
        std::memcpy(record.data(), piece.data(), piece.size());
        std::memcpy(record.data() + piece.size(), behind.data(), behind.size());
        piece = {record.data(), piece.size() + behind.size()};
    }
    const Step step = secure_->connection->write(piece);
    const std::size_t of_first = std::min(step.bytes, from[0].size());
    from[0] += of_first;
    from[1] += step.bytes - of_first;
    return step;
}

void Stream::end_output() noexcept {
    if (secure_ && secure_->connection) secure_->connection->end();
    secure_.reset();
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Stream::close() noexcept {
    if (secure_ && secure_->connection && socket_.is_open()) secure_->connection->end();
    abort();
}

void Stream::abort() noexcept {
    secure_.reset();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

bool Stream::peer_has_closed() noexcept {
    if (peer_has_sent_fin(socket_.native_handle())) return true;
    return secure_ && secure_->connection && secure_->connection->has_ended();
}

}  // namespace spillway::http
