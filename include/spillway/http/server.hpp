#pragma once
// The HTTP server: listeners on every shard, routes behind admission, pages beside it, a drain.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/async/descriptor.hpp"
#include "spillway/async/shard.hpp"
#include "spillway/async/worker_pool.hpp"
#include "spillway/http/explain.hpp"
#include "spillway/http/handler.hpp"
#include "spillway/http/observer.hpp"
#include "spillway/http/options.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::http {

/// A page that bypasses admission: rendered on the loop, at once. Thread-safe.
class Page {
public:
    struct Content {
        unsigned status = 200;
        std::string_view content_type = "text/plain; charset=utf-8";
        std::string body;
    };
    virtual ~Page() = default;
    [[nodiscard]] virtual Content render() const = 0;
    /// Of a page tree: what is below its path, percent-decoded.
    [[nodiscard]] virtual Content render_below(std::string_view rest) const {
        static_cast<void>(rest);
        return render();
    }
};

/// A route and what it needs; what is pointed to must outlive the server.
struct RouteSpec {
    RouteOptions options;
    const Handler* handler = nullptr;
    admission::Limiter* limiter = nullptr;
    async::WorkerPool* pool = nullptr;                  // none for loop handlers
    std::shared_ptr<admission::Quota> quota{};          // of this route; or none
    std::shared_ptr<admission::Quota> limiter_quota{};  // of all routes of its limiter; or none
};

/// A socket that listens already, bound by somebody else.
struct PassedSocket {
    async::Descriptor descriptor{};
    std::string listener{};  // "public", "control"; "": whichever has its address
    /// Whoever passed it keeps it, and a drain leaves to them what waits in its queue.
    bool is_kept = false;
    bool must_be_wanted = false;  // else it is closed unused if no address is its own
};

/// Serves on the shards it is given. Build it, add pages and routes, listen(), run the shards, and
/// later drain. All functions are for one thread (the composition root's) except where said.
/// Destroy it after the shards' threads have ended and before the shards.
class Server {
public:
    Server(async::ShardSet& shards, ServerOptions options, Observer& observer);
    ~Server();

    /// Before listen(). Paths are exact; a page is on the listeners that are named.
    void add_page(std::string path, const Page& page, bool on_open, bool on_control);
    /// That page, and all paths below it: `path` is without the slash at its end.
    void add_page_tree(std::string path, const Page& page, bool on_open, bool on_control);
    /// What POST there sets off, on the control listener only; the page is the answer.
    void add_action(std::string path, const Page& page);
    void add_route(RouteSpec spec);

    /// Why these routes cannot be taken up now; empty: they can. Counters of all routes that there
    /// have been are kept, so their number is bounded; so is that of earlier settings that requests
    /// still go by.
    [[nodiscard]] std::string refusal(const std::vector<RouteSpec>& routes) const;
    /// Other options and routes, while the shards run: requests that come from now on go by them,
    /// those under way end as they began. When it returns, every shard has turned to them, so
    /// nothing on a shard looks any more at what an AsyncSemaphore has retired before. Addresses
    /// stay as they are. Throws bad_alloc.
    void reconfigure(ServerOptions options, std::vector<RouteSpec> routes);
    /// Those in force.
    [[nodiscard]] const ServerOptions& options() const noexcept;
    /// Shards' requests still go by earlier settings.
    [[nodiscard]] bool is_changing() const noexcept;

    struct Bound {
        std::string_view listener;  // "public" or "control"
        std::string address;        // with the port that was really taken
        bool is_passed = false;
    };
    struct Listening {
        std::vector<Bound> bound;
        std::vector<std::size_t> unwanted;  // which of the passed sockets serve nothing
    };
    /// Takes the sockets that are passed, binds and listens where there is none. Throws
    /// std::runtime_error (std::system_error) with a what() that names the address.
    Listening listen(std::vector<PassedSocket> passed = {});
    /// Begins to accept. The shards must be running, or run soon.
    void start();

    /// Lets go of the buffers that are kept for requests to come, while the shards run: for when
    /// there is no work. Returns at once.
    void release_spare();

    [[nodiscard]] bool is_ready() const noexcept;  // thread-safe
    [[nodiscard]] ServerStats stats() const;       // thread-safe; every cell once

    // What is kept of requests, so that their answers can be explained. Thread-safe; the shards are
    // not held up.
    /// All that went by this id, the latest first. O(records kept).
    [[nodiscard]] std::vector<Explanation> explain(std::string_view request_id) const;
    [[nodiscard]] std::vector<Explanation> latest_refusals(std::size_t most) const;
    [[nodiscard]] ExplainReach explain_reach() const;

    // The hand-over of the listening sockets to another process; the drain comes after it.
    struct ListeningSocket {
        std::string_view listener;
        int descriptor = -1;  // the server's
        bool is_kept = false;
    };
    /// Each socket once, in an order that stays while none is closed.
    [[nodiscard]] std::vector<ListeningSocket> sockets() const;
    /// While they are lent, a drain leaves all sockets to whoever has them too.
    void lend(bool lent) noexcept { is_lent_ = lent; }
    /// Accepts no more from any of sockets() but those numbered here: they have a successor. What
    /// has been accepted is served.
    void hand_over(const std::vector<std::size_t>& unwanted);

    // The drain, in this order; core::DrainPlan says when.
    void set_unready();  // readiness fails, everything is still served
    /// When cut() will come: no request is begun that usually takes longer.
    void set_cut_at(core::TimePoint at);
    /// Listeners drop bare SYNs, or close if somebody else accepts there; connections end with
    /// their last reply, or after this much quiet.
    void stop_handshakes(core::Duration idle_grace);
    [[nodiscard]] bool is_backlog_empty() const;
    [[nodiscard]] std::uint64_t accepted() const noexcept;  // public connections so far
    void close_listeners();                                 // the public ones
    void cut();  // ends every public connection that is left
    struct Left {
        std::uint64_t requests = 0;
        std::uint64_t connections = 0;
    };
    [[nodiscard]] Left left() const noexcept;  // public connections only, parked ones too

    /// Closes whatever is open, control connections too, and waits for the last of them until
    /// `deadline` (steady time). False if one is still there: then do not destroy the server.
    [[nodiscard]] bool stop(core::TimePoint deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    bool is_lent_ = false;
};

}  // namespace spillway::http
