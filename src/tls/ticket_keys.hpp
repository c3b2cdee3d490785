#pragma once
// The keys under which sessions are sealed into tickets, for the clients to keep.
//
// Who has such a key can read what it has sealed, and with TLS 1.2 the traffic of those sessions
// too: so no key may be as old as the process. A new one seals every two hours, as long as a ticket
// is good for, and the one before opens for two hours more: no ticket is cut short.

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

namespace spillway::tls {

/// *Thread-safe*: once a handshake, a short mutex. Is handed the time, in seconds.
class TicketKeys {
public:
    static constexpr std::int64_t period_s = 2 * 3600;

    struct Key {
        std::array<unsigned char, 16> name{};  // stands in the ticket
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> mac{};

        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Opened {
        Key key;
        bool is_old = false;  // a new ticket should take its place
    };
    /// Fills with random bytes; false if there are none.
    using Draw = bool (*)(std::span<unsigned char> bytes);

    explicit TicketKeys(Draw draw) noexcept : draw_(draw) {}
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    /// None: there were no random bytes, and no ticket can be sealed.
    [[nodiscard]] std::optional<Key> sealing(std::int64_t now_s) {
        const std::lock_guard lock(mutex_);
        if (!turn(now_s)) return std::nullopt;
        return present_;
    }

    /// None: of another service, or too old.
    [[nodiscard]] std::optional<Opened> opening(std::span<const unsigned char, 16> name,
                                                std::int64_t now_s) {
        const std::lock_guard lock(mutex_);
        if (!turn(now_s)) return std::nullopt;
        if (has_name(present_, name)) return Opened{present_, false};
        if (has_past_ && has_name(past_, name)) return Opened{past_, true};
        return std::nullopt;
    }

private:
    static bool has_name(const Key& key, std::span<const unsigned char, 16> name) {
        return std::equal(key.name.begin(), key.name.end(), name.begin());
    }

    /// A clock that is set back does no harm: the key is renewed that much later.
    bool turn(std::int64_t now_s) {
        if (has_present_ && now_s - drawn_at_s_ < period_s) return true;
        Key next;
        if (!draw_(next.name) || !draw_(next.cipher) || !draw_(next.mac)) return has_present_;
        has_past_ = has_present_ && now_s - drawn_at_s_ < 2 * period_s;
        past_ = has_past_ ? present_ : Key{};
        present_ = next;
        has_present_ = true;
        drawn_at_s_ = now_s;
        return true;
    }

    const Draw draw_;
    std::mutex mutex_;
    Key present_, past_;
    std::int64_t drawn_at_s_ = 0;
    bool has_present_ = false;
    bool has_past_ = false;
};

}  // namespace spillway::tls
