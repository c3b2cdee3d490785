#pragma once
// What the sessions of one shard share. Touched by the shard's thread only, but for the cells,
// which any thread may read.

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "http/explain_book.hpp"
#include "http/handshakes.hpp"
#include "http/refusals.hpp"
#include "http/session_buffers.hpp"
#include "http/shared.hpp"
#include "http/sweeper.hpp"
#include "http/upload_table.hpp"
#include "http/wire.hpp"
#include "spillway/async/shard.hpp"

namespace spillway::http {

struct AllSessionsTag;
struct IdleSessionsTag;
template <class Tag>
using SessionHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
template <class Tag>
using SessionList = boost::intrusive::list<Session, boost::intrusive::base_hook<SessionHook<Tag>>,
                                           boost::intrusive::constant_time_size<false>>;

class ShardContext {
public:
    ShardContext(async::Executor shard_executor, Shared& shared_state, std::size_t shard_index,
                 std::uint64_t seed);
    ShardContext(const ShardContext&) = delete;
    ShardContext& operator=(const ShardContext&) = delete;
    ~ShardContext();

    /// Takes over a connected socket, and its place in the count of its address. False when memory
    /// has run out: then the socket is closed, and the place given back.
    [[nodiscard]] bool adopt(Socket socket, ListenerKind kind, boost::asio::ip::address peer,
                             bool counted_per_address) noexcept;
    /// The session's last operation has ended; it is destroyed here.
    void release(Session& session) noexcept;

    [[nodiscard]] SessionBuffers::Ptr take_buffers();
    void give_back(SessionBuffers::Ptr buffers) noexcept;

    void enter_idle(Session& session, core::TimePoint now) noexcept;
    void leave_idle(Session& session) noexcept;
    /// Since when this shard's longest idle connection has been idle, or `never`. Any thread.
    [[nodiscard]] core::TimePoint oldest_idle() const noexcept {
        return core::TimePoint(core::Duration(oldest_idle_.load(std::memory_order_relaxed)));
    }
    /// Closes the public connection that has been idle longest here; false when none is idle.
    bool make_room();
    /// The same on the control listener, whose connections are few: O(their number).
    bool make_control_room();

    /// From now on connections end: idle ones after the grace, others with their last reply.
    void begin_closing();
    void cut_all(ListenerKind kind);
    /// The upload with this id has lost its slot to another one.
    void evict_upload(std::uint64_t id);
    void stop();

    /// What connections and new requests go by.
    [[nodiscard]] const Settings& settings() const noexcept { return *settings_; }
    [[nodiscard]] const ServerOptions& options() const noexcept { return settings_->options; }
    [[nodiscard]] const TlsOptions& tls(ListenerKind kind) const noexcept {
        return kind == ListenerKind::open ? options().tls : options().control_tls;
    }
    [[nodiscard]] Handshakes& handshakes_of(ListenerKind kind) noexcept {
        return kind == ListenerKind::open ? handshakes_ : control_handshakes_;
    }
    /// For a request that begins: the present settings stay until it is given back.
    [[nodiscard]] SettingsInUse* use_settings() noexcept {
        ++present_->requests;
        return present_;
    }
    void give_back(SettingsInUse* used) noexcept {
        if (--used->requests == 0 && used != present_) forget(used);
    }
    void set_settings(std::shared_ptr<const Settings> settings);
    /// The buffers that wait for connections to come.
    void release_spare() noexcept { spare_.clear(); }

    [[nodiscard]] core::TimePoint now() const noexcept { return shared.now(); }

    async::Executor executor;
    Shared& shared;
    const std::size_t index;
    Sweeper sweeper;
    DateText date;
    RequestIds ids;
    RefusalBook refusals;
    ExplainBook explain;
    UploadTable uploads;
    std::size_t crowd_turn = 0;  // spreads Retry-After of quotas that many share
    std::array<char, SessionBuffers::out_size> out;  // a reply, from writing it to sending it
    ShardCells cells;
    std::vector<ShardContext*> peers;              // of all shards, by index; set before they run
    SessionList<AllSessionsTag> sessions;          // public ones
    SessionList<AllSessionsTag> control_sessions;  // of the first shard only
    SessionList<IdleSessionsTag> idle;             // public ones, longest idle first

private:
    [[nodiscard]] SessionList<AllSessionsTag>& sessions_of(ListenerKind kind) noexcept {
        return kind == ListenerKind::open ? sessions : control_sessions;
    }
    void count_made_room(ListenerKind kind) noexcept;
    void publish_oldest_idle() noexcept;
    void forget(const SettingsInUse* used) noexcept;

    /// Written by this shard, read by others that look for room: an estimate, orders nothing.
    std::atomic<core::Clock::rep> oldest_idle_{core::never.time_since_epoch().count()};
    static constexpr std::size_t spare_buffers_max = 64;
    std::vector<SessionBuffers::Ptr> spare_;
    Handshakes handshakes_{*this, ListenerKind::open};
    Handshakes control_handshakes_{*this, ListenerKind::control};

    std::vector<std::unique_ptr<SettingsInUse>> in_use_;  // the present ones are the last
    SettingsInUse* present_ = nullptr;
    const Settings* settings_ = nullptr;  // theirs
};

}  // namespace spillway::http
