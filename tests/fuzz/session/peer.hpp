#pragma once
// One client of the session target: what it has sent, what it has got, and whether that fits.

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/reference_http.hpp"
#include "http/session_harness.hpp"

namespace spillway::fuzz {

class Peer {
public:
    Peer(http::testing::World& world, http::ListenerKind kind) : client_(world.connect(kind)) {}

    /// Gives the kernel what it takes of these bytes; returns what it did not.
    std::string_view send(std::string_view bytes);
    void finish_sending();
    void reset();
    /// From now on at most what read_some() asks for.
    void be_slow() { is_slow_ = true; }
    /// True if there was something.
    bool read();
    void read_some(std::size_t bytes);

    /// What reaches this client, or does not, is no longer the server's doing alone.
    void excuse() { is_excused_ = true; }

    struct Answer {
        unsigned status = 0;
        bool closes = false;
        bool to_star = false;  // of OPTIONS *
        friend bool operator==(const Answer&, const Answer&) = default;
    };
    /// When the connection has ended: every reply is well-formed and belongs to the next request,
    /// nothing is answered behind a request that could not be understood, and nobody was forgotten.
    /// `is_gateway`: it may have ended TLS, so that https is served.
    [[nodiscard]] std::vector<Answer> judge(const HttpLimits& limits,
                                            std::uint64_t discard_bytes_max, bool is_gateway);

    [[nodiscard]] std::size_t sent_bytes() const { return sent_.size(); }
    [[nodiscard]] bool is_excused() const { return is_excused_; }

private:
    http::testing::WireClient client_;
    std::string sent_;
    std::string got_;
    bool has_finished_ = false;
    bool is_slow_ = false;
    bool is_excused_ = false;
};

}  // namespace spillway::fuzz
