// The physical limit: an epoll loop that finds the end of each request and sends fixed bytes.
//
// What a refusal cannot cost less than on this machine, with one process, epoll, keep-alive and a
// reply for each request. No parsing, no routing, no state, no timers; not a server to use.
//
//   spillway-limit [--ok] [--close]
//
// Listens on a free loopback port and prints it. --ok answers 200 (the trivial backend behind the
// proxies), --close ends each connection after its first reply.

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

// As long as the service's own refusal, so that the kernel copies as many bytes.
constexpr std::string_view refusal_body =
    R"({"type":"about:blank","title":"Service Unavailable","status":503,)"
    R"("detail":"every worker is busy and the queue is full","reason":"queue_full",)"
    R"("retry_after_seconds":1})";
constexpr std::string_view refusal_fields =
    "Server: limit\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Type: application/problem+json\r\nRetry-After: 1\r\nX-Inflight: 1\r\n"
    "X-Request-Id: 0123456789abcdef\r\n";

std::string make_reply(bool is_ok, bool closes) {
    std::string reply = is_ok ? "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                              : "HTTP/1.1 503 Service Unavailable\r\n";
    const std::string_view body = is_ok ? "ok\n" : refusal_body;
    if (!is_ok) reply += refusal_fields;
    if (closes) reply += "Connection: close\r\n";
    reply += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return reply.append(body);
}

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

int listen_on_loopback() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener < 0 || bind(listener, generic, size) < 0 || listen(listener, 4096) < 0 ||
        getsockname(listener, generic, &size) < 0)
        fail("listen");
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

void watch(int poll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

/// Requests here are headers only, and nobody sends half of one.
std::size_t count_requests(std::string_view bytes) {
    std::size_t count = 0;
    for (auto at = bytes.find("\r\n\r\n"); at != bytes.npos; at = bytes.find("\r\n\r\n", at + 4))
        ++count;
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    bool is_ok = false;
    bool closes = false;
    for (int i = 1; i < argc; ++i) {
        is_ok |= std::strcmp(argv[i], "--ok") == 0;
        closes |= std::strcmp(argv[i], "--close") == 0;
    }
    const std::string reply = make_reply(is_ok, closes);
    const int listener = listen_on_loopback();
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    watch(poll, listener);

    std::array<epoll_event, 512> events{};
    std::array<char, 16384> bytes{};
    for (;;) {
        const int ready = epoll_wait(poll, events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == listener) {
                for (int peer; (peer = accept4(listener, nullptr, nullptr,
                                               SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
                    watch(poll, peer);
                continue;
            }
            const auto got = recv(descriptor, bytes.data(), bytes.size(), 0);
            if (got <= 0) {
                close(descriptor);
                continue;
            }
            auto left = count_requests({bytes.data(), static_cast<std::size_t>(got)});
            for (; left > 0; --left)
                if (send(descriptor, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) break;
            if (closes) close(descriptor);
        }
    }
}
