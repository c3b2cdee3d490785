#pragma once
// What limiters may let into the pool that they share, while their limits change.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "spillway/admission/limiter.hpp"

namespace spillway::app {

/// So that what admission admits, the pool never refuses: core::hand_over() for each pool, by a cap
/// on the requests that each limiter holds. Main thread.
class PoolRoom {
public:
    using Limiters = std::map<std::string, std::unique_ptr<admission::Limiter>>;

    /// `config` is resolved, and so are those of set_wanted(). Its limits hold from the start.
    explicit PoolRoom(const config::Config& config);

    /// What is wanted from now on. A limiter that is gone keeps what it holds until it has come
    /// back, and is then left a place for each that waits in it.
    void set_wanted(const config::Config& config);

    /// How many requests that limiter may hold, whatever they cost.
    [[nodiscard]] std::uint32_t places(const std::string& limiter) const;

    /// Sets the places of all `limiters`. `may_come`: requests that began earlier may still come to
    /// limiters that are gone. False while somebody has less than is wanted: ask again soon.
    bool update(const Limiters& limiters, bool may_come);

private:
    struct Member {
        std::string pool;  // "": none, and no bound but its own
        std::uint32_t wanted = 0;
        std::uint32_t had = 0;     // may have at present
        std::uint32_t places = 0;  // once it has what is wanted
        bool is_gone = false;
    };
    void want(const config::Config& config);
    bool update_pool(const std::string& pool, const Limiters& limiters, bool may_come);

    std::map<std::string, std::uint64_t> rooms_;  // workers + queue, by pool
    std::map<std::string, Member> members_;       // by limiter
};

}  // namespace spillway::app
