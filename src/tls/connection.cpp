#include "tls/connection.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <new>

namespace spillway::tls {

namespace {

// OpenSSL's own socket BIO calls write(), which raises SIGPIPE in a program that does not ignore
// it.

int descriptor_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool is_not_yet(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int write_bytes(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(descriptor_of(bio), from, static_cast<std::size_t>(size),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && is_not_yet(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int read_bytes(BIO* bio, char* to, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(descriptor_of(bio), to, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (got < 0 && is_not_yet(errno)) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(got);
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* const made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_write(made, write_bytes);
        BIO_meth_set_read(made, read_bytes);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

/// OpenSSL goes on by itself over records that bring no data, as long as there are any: a flood of
/// them (of key updates, say) would have the thread to itself. So they are counted, by the headers
/// that OpenSSL shows here; it looks at the end that is set here before it takes up the next one.
void on_message(int is_written, int, int content_type, const void*, std::size_t, SSL* ssl,
                void* counted) {
    if (is_written != 0 || content_type != SSL3_RT_HEADER) return;
    auto& records = *static_cast<std::uint32_t*>(counted);
    if (++records > Connection::idle_records_max && SSL_is_init_finished(ssl) == 1)
        SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

SSL* new_connection(SSL_CTX* context, int& socket) {
    SSL* const ssl = SSL_new(context);
    BIO* const bio = ssl != nullptr ? BIO_new(socket_method()) : nullptr;
    if (bio == nullptr) {
        SSL_free(ssl);
        ERR_clear_error();
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return ssl;
}

struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

}  // namespace

Connection::Connection(const Context& context, int socket)
    : socket_(socket), ssl_(new_connection(context.native(), socket_)) {
    SSL_set_msg_callback(ssl_, on_message);
    SSL_set_msg_callback_arg(ssl_, &idle_records_);
    SSL_set_accept_state(ssl_);
}

Connection::Connection(int socket) : socket_(socket), ssl_(nullptr) {
    const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
    if (!context) throw std::bad_alloc();
    constexpr unsigned char protocols[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context.get(), protocols, sizeof(protocols) - 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    ssl_ = new_connection(context.get(), socket_);
    SSL_set_connect_state(ssl_);
}

Connection::~Connection() { SSL_free(ssl_); }

Connection::Status Connection::status_of(int result) noexcept {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Status::want_read;
        case SSL_ERROR_WANT_WRITE:
            return Status::want_write;
        case SSL_ERROR_ZERO_RETURN:
            if (idle_records_ <= idle_records_max) return Status::ended;
            has_failed_ = true;
            return Status::failed;
        case SSL_ERROR_SYSCALL:
            has_failed_ = true;
            ERR_clear_error();
            return Status::lost;
        default:
            has_failed_ = true;
            ERR_clear_error();
            return Status::failed;
    }
}

Connection::Status Connection::handshake() noexcept {
    ERR_clear_error();  // SSL_get_error looks at what this thread's calls have left there
    const int result = SSL_do_handshake(ssl_);
    if (result != 1) return status_of(result);
    idle_records_ = 0;
    return Status::done;
}

Connection::Step Connection::read(std::span<char> to) noexcept {
    if (has_failed_) return {};
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_, to.data(), to.size(), &bytes);
    if (result != 1) return {status_of(result), 0};
    idle_records_ = 0;
    return {Status::done, bytes};
}

Connection::Step Connection::write(std::span<const char> from) noexcept {
    if (has_failed_) return {};
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_, from.data(), from.size(), &bytes);
    if (result == 1) return {Status::done, bytes};
    return {status_of(result), 0};
}

bool Connection::has_ended() noexcept {
    if (has_failed_) return true;
    ERR_clear_error();
    char next = 0;
    std::size_t bytes = 0;
    const int result = SSL_peek_ex(ssl_, &next, 1, &bytes);
    if (result == 1) return false;
    const Status status = status_of(result);
    return status != Status::want_read && status != Status::want_write;
}

void Connection::end() noexcept {
    if (has_failed_ || SSL_in_init(ssl_) != 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

bool Connection::is_resumed() const noexcept { return SSL_session_reused(ssl_) == 1; }

Hello look_at_hello(int socket) noexcept {
    constexpr std::size_t header_bytes = 5;  // type, version, length
    constexpr std::size_t record_bytes_max = 1U << 14U;
    constexpr unsigned char handshake_type = 22;
    std::array<unsigned char, header_bytes> header{};
    const auto got = ::recv(socket, header.data(), header.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return {is_not_yet(errno) ? Hello::Kind::silence : Hello::Kind::ended};
    if (got == 0) return {Hello::Kind::ended};
    if (header[0] != handshake_type) return {Hello::Kind::other, 0, static_cast<char>(header[0])};
    if (static_cast<std::size_t>(got) < header_bytes) return {Hello::Kind::partial, header_bytes};
    const std::size_t length = (std::size_t{header[3]} << 8U) | header[4];
    const std::size_t wanted = header_bytes + length;
    int there = 0;
    if (length > record_bytes_max || ::ioctl(socket, FIONREAD, &there) != 0 ||
        static_cast<std::size_t>(there) >= wanted)
        return {Hello::Kind::whole, wanted};
    return {Hello::Kind::partial, wanted};
}

}  // namespace spillway::tls
