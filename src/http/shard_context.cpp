#include "http/shard_context.hpp"

#include <utility>

#include "http/session.hpp"

namespace spillway::http {

namespace {

constexpr std::size_t rest_of_buffer = SessionBuffers::behind_header;

}  // namespace

ShardContext::ShardContext(async::Executor shard_executor, Shared& shared_state,
                           std::size_t shard_index, std::uint64_t seed)
    : executor(shard_executor),
      shared(shared_state),
      index(shard_index),
      sweeper(shard_executor, shared_state.now),
      ids(seed),
      refusals(shared_state.known.limiter_count()),
      explain(shared_state.settings->options.explain_records),
      uploads(shard_index) {
    spare_.reserve(spare_buffers_max);  // give_back() must not throw
    cells.pages = std::vector<PageCells>(shared.pages.size());
    set_settings(shared.settings);
}

ShardContext::~ShardContext() { SPILLWAY_ASSERT(sessions.empty() && control_sessions.empty()); }

bool ShardContext::adopt(Socket socket, ListenerKind kind, boost::asio::ip::address peer,
                         bool counted_per_address) noexcept {
    Session* session = nullptr;
    try {
        session = new Session(*this, std::move(socket), kind, peer, counted_per_address);
    } catch (...) {
        if (counted_per_address) shared.per_address.leave(client_key(peer));
        return false;
    }
    sessions_of(kind).push_back(*session);
    session->start();
    return true;
}

void ShardContext::release(Session& session) noexcept {
    const auto kind = static_cast<std::size_t>(session.kind());
    cells.listeners[kind].closed.add();
    shared.connections[kind].fetch_sub(1, std::memory_order_relaxed);
    delete &session;
}

SessionBuffers::Ptr ShardContext::take_buffers() {
    if (spare_.empty()) {
        // Room for the largest header and a useful piece of a body behind it.
        return SessionBuffers::make(options().header_bytes_max + rest_of_buffer);
    }
    auto buffers = std::move(spare_.back());
    spare_.pop_back();
    return buffers;
}

void ShardContext::give_back(SessionBuffers::Ptr buffers) noexcept {
    buffers->parser.reset();
    if (buffers->in_size < options().header_bytes_max + rest_of_buffer) return;
    if (spare_.size() < spare_buffers_max) spare_.push_back(std::move(buffers));
}

void ShardContext::set_settings(std::shared_ptr<const Settings> settings) {
    in_use_.push_back(std::make_unique<SettingsInUse>(SettingsInUse{std::move(settings)}));
    SettingsInUse* const before = std::exchange(present_, in_use_.back().get());
    settings_ = present_->settings.get();
    refusals.widen(shared.known.limiter_count());
    release_spare();
    if (before == nullptr) return;
    shared.retired_settings.fetch_add(1, std::memory_order_relaxed);
    if (before->requests == 0) forget(before);
}

void ShardContext::forget(const SettingsInUse* used) noexcept {
    std::erase_if(in_use_, [used](const auto& one) { return one.get() == used; });
    shared.retired_settings.fetch_sub(1, std::memory_order_relaxed);
}

void ShardContext::publish_oldest_idle() noexcept {
    const core::TimePoint oldest = idle.empty() ? core::never : idle.front().quiet_since();
    oldest_idle_.store(oldest.time_since_epoch().count(), std::memory_order_relaxed);
}

void ShardContext::enter_idle(Session& session, core::TimePoint now) noexcept {
    const bool is_first = idle.empty();
    idle.push_back(session);
    if (is_first) oldest_idle_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

void ShardContext::leave_idle(Session& session) noexcept {
    auto& hook = static_cast<SessionHook<IdleSessionsTag>&>(session);
    if (!hook.is_linked()) return;
    const bool was_first = &idle.front() == &session;
    hook.unlink();
    if (was_first) publish_oldest_idle();
}

bool ShardContext::make_room() {
    constexpr int looked_at_max = 8;  // a system call each; who asks asks again
    auto next = idle.begin();
    for (int looked_at = 0; looked_at < looked_at_max && next != idle.end(); ++looked_at) {
        if (!(next++)->make_room()) continue;
        count_made_room(ListenerKind::open);
        return true;
    }
    return false;
}

bool ShardContext::make_control_room() {
    Session* oldest = nullptr;
    for (Session& session : control_sessions)
        if (session.is_idle() &&
            (oldest == nullptr || session.quiet_since() < oldest->quiet_since()))
            oldest = &session;
    // One with an unread request is idle no more when the listener asks again.
    if (oldest == nullptr || !oldest->make_room()) return false;
    count_made_room(ListenerKind::control);
    return true;
}

void ShardContext::count_made_room(ListenerKind kind) noexcept {
    cells.listeners[static_cast<std::size_t>(kind)]
        .refused[static_cast<std::size_t>(ConnectionRefusal::made_room)]
        .add();
}

namespace {

/// The callback may destroy the session it gets.
template <class F>
void for_each_session(SessionList<AllSessionsTag>& sessions, F f) {
    for (auto it = sessions.begin(); it != sessions.end();) {
        Session& session = *it;
        ++it;
        f(session);
    }
}

}  // namespace

void ShardContext::begin_closing() {
    for_each_session(sessions, [](Session& session) { session.begin_closing(); });
}

void ShardContext::cut_all(ListenerKind kind) {
    for_each_session(sessions_of(kind), [](Session& session) { session.cut_by_drain(); });
}

void ShardContext::evict_upload(std::uint64_t id) {
    if (Session* const session = uploads.find(id)) session->evict_upload();
}

void ShardContext::stop() {
    cut_all(ListenerKind::open);
    cut_all(ListenerKind::control);
    sweeper.stop();
}

}  // namespace spillway::http
