#pragma once
// How many connections each client has.

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "http/client_address.hpp"

namespace spillway::http {

/// Connections per client address. Holds one entry per connected address, so at most as many as
/// there are connections. Thread-safe; touched when a connection comes or goes, and only with a
/// cap.
class PerAddress {
public:
    /// `max` 0: no cap. Whoever asks has seen one, but a reload may have come in between.
    /// `secret` stays where it is, and as it is once the first client has come.
    PerAddress(std::uint32_t max, const core::HashKey& secret)
        : max_(max), counts_(0, ClientKeyHash{&secret}) {}
    /// Who is in stays.
    void set_max(std::uint32_t max) {
        const std::lock_guard lock(mutex_);
        max_ = max;
    }
    [[nodiscard]] bool try_enter(const ClientKey& key) {
        const std::lock_guard lock(mutex_);
        auto& count = counts_[key];
        if (max_ != 0 && count >= max_) return false;
        ++count;
        return true;
    }
    void leave(const ClientKey& key) {
        const std::lock_guard lock(mutex_);
        const auto found = counts_.find(key);
        if (--found->second == 0) counts_.erase(found);
    }

    /// Addresses known. Thread-safe.
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return counts_.size();
    }

private:
    std::uint32_t max_;
    mutable std::mutex mutex_;
    std::unordered_map<ClientKey, std::uint32_t, ClientKeyHash> counts_;
};

}  // namespace spillway::http
