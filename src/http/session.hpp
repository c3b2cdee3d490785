#pragma once
// One connection: reads requests, refuses in a plain loop, and lets a coroutine serve what must
// wait.
//
// A session is a chain of callbacks on its shard (read, decide, write, read ...) because a refusal
// is all that most requests get under overload, and a coroutine frame would be paid for each. Only
// a request that has a body to read, a queue to stand in or a handler to run gets a coroutine,
// serve(). Whatever happens meanwhile - the client leaves, the deadline passes, the drain cuts -
// sets `cut_` and cancels the one operation that serve() is waiting for.
//
// One read is outstanding nearly always, also while a request is being served: that is how a FIN is
// seen at once, with whatever the client sent before it. It stops when the buffer is full (then the
// socket's state is asked now and then) and is not begun anew while a reply is unsent.

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include "http/body_reader.hpp"
#include "http/body_store.hpp"
#include "http/session_buffers.hpp"
#include "http/shard_context.hpp"
#include "http/stream.hpp"
#include "http/tally.hpp"
#include "http/tenant.hpp"
#include "http/wake_up.hpp"
#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/core/queue_place.hpp"
#include "spillway/core/upload_slots.hpp"
#include "spillway/http/exchange.hpp"
#include "spillway/http/explain.hpp"

namespace spillway::http {

class Session final : public SessionHook<AllSessionsTag>,
                      public SessionHook<IdleSessionsTag>,
                      private Sweeper::Node,
                      private Exchange {
public:
    Session(ShardContext& context, Socket socket, ListenerKind kind, boost::asio::ip::address peer,
            bool counted_per_address);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override;

    void start();
    /// The drain has begun: an idle connection may stay for the grace.
    void begin_closing();
    /// The drain's time is up: ends whatever is going on, counted as such.
    void cut_by_drain();
    /// An idle connection gives way to a new one.
    /// False: it is not idle after all, and stays.
    [[nodiscard]] bool make_room();
    void evict_upload();
    /// Its turn for a TLS handshake has come.
    void begin_handshake();
    /// Others wait for the place that its handshake holds.
    void give_way();

    [[nodiscard]] ListenerKind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_resting() const noexcept { return buffers_ == nullptr; }
    /// No byte of a request has come, nor a whole TLS hello.
    [[nodiscard]] bool is_idle() const noexcept {
        return is_idle_ && (state_ == State::head || state_ == State::handshake);
    }
    [[nodiscard]] core::TimePoint quiet_since() const noexcept { return quiet_since_; }

private:
    enum class State : std::uint8_t {
        handshake,   // of TLS; no buffers yet
        head,        // between requests, or reading a header
        serving,     // serve() runs
        replying,    // a reply from `out` is being written; no coroutine
        discarding,  // what is left of a refused request's body
        lingering,   // our side is shut down; reading on so that the reply is not lost
        closed
    };
    /// What serve() is waiting for.
    enum class Stage : std::uint8_t { held, body, queue, work, reply };
    /// Why serve() must stop waiting.
    enum class Cut : std::uint8_t {
        none,
        client_gone,
        deadline,
        drain,
        body_timeout,
        upload_evicted,
        write_timeout
    };

    /// Ends one pending operation. Whichever is the last of a closed session destroys it: so a
    /// session needs neither reference counts nor an owner that outlives its callbacks.
    class Operation {
    public:
        explicit Operation(Session& session) noexcept : session_(session) {}
        Operation(const Operation&) = delete;
        Operation& operator=(const Operation&) = delete;
        ~Operation();

    private:
        Session& session_;
    };

    // --- connection (session.cpp) ---------------------------------------------------------------
    void read_more();
    void on_read(const boost::system::error_code& error, std::size_t bytes);
    void on_data(core::TimePoint now);
    /// Why a read that is under way is called back.
    enum class Recall : std::uint8_t { none, to_rest, to_move };
    void recall_read(Recall why);
    void on_peer_end(core::TimePoint now, bool is_reset, Recall recall);
    void next_request(core::TimePoint now);
    void await_first_request(core::TimePoint now);
    void go_idle(core::TimePoint now);
    void rest();
    void rest_now();
    void on_wake(const boost::system::error_code& error);
    void reuse_buffer(std::size_t offset);
    void begin_header();
    void move_header_to_front();
    void move_to_front();
    void parse(core::TimePoint now);
    void dispatch(core::TimePoint now);
    void discard(core::TimePoint now);
    void after_reply(core::TimePoint now);
    [[nodiscard]] bool client_has_ended() const noexcept;
    void linger(core::TimePoint now);
    template <class F>
    void guarded(F f) noexcept {
        try {
            f();
        } catch (...) {
            abandon();
        }
    }
    void abandon() noexcept;
    void note_closing();
    [[nodiscard]] bool outlasts_drain();
    void close();
    void on_due_while_serving(core::TimePoint now);
    void on_due(core::TimePoint now) override;
    void schedule(core::TimePoint deadline) { context_.sweeper.set(*this, deadline); }
    void schedule_idle(core::TimePoint now, core::Duration patience);

    // --- TLS (session_handshake.cpp) ------------------------------------------------------------
    void await_socket(Socket::wait_type what, void (Session::*then)(core::TimePoint));
    void await_hello();
    void look_at_hello(core::TimePoint now);
    void refuse_plain(core::TimePoint now, char first);
    void step_handshake(core::TimePoint now);
    void on_due_in_handshake(core::TimePoint now);
    void end_handshake(HandshakeOutcome outcome);
    void fail_handshake(HandshakeOutcome outcome);

    // --- deciding (session_decide.cpp) ----------------------------------------------------------
    void begin_request(core::TimePoint now);
    void end_request();
    void begin_route(core::TimePoint now, Route& route);
    void read_claim(const Route& route, RouteCells& cells);
    [[nodiscard]] core::Claim settled_claim() const noexcept;
    void begin_within_quota(core::TimePoint now);
    void begin_admission(core::TimePoint now);
    [[nodiscard]] core::Duration patience(core::TimePoint now) const;
    [[nodiscard]] std::optional<core::RejectReason> peek(core::TimePoint now) const;
    [[nodiscard]] std::optional<core::RejectReason> peek_here(core::TimePoint now) const;
    [[nodiscard]] bool read_client_deadline(core::TimePoint now);
    void show_page(core::TimePoint now, std::size_t index);
    [[gnu::cold]] void refuse_before_route(core::TimePoint now, unsigned status,
                                           std::string_view detail);

    // --- replies without a coroutine (session_reply.cpp) ----------------------------------------
    void refuse(core::TimePoint now, core::RejectReason reason);
    void refuse_over_quota(core::TimePoint now, const admission::Quotas::Verdict& verdict);
    void refuse_bad_request(core::TimePoint now, std::string_view detail);
    void reply_reason(core::TimePoint now, unsigned status, core::RejectReason reason,
                      std::string_view detail);
    void refuse_head(core::TimePoint now, HeadError error, bool is_head);
    [[nodiscard]] bool begins_as_head() const noexcept;
    void reply_now(core::TimePoint now, unsigned status, std::string_view content_type,
                   std::string_view body, std::string_view more_fields = {});
    void send_reply(core::TimePoint now, unsigned status, std::string_view content_type,
                    std::string_view body, std::string_view more_fields);
    [[nodiscard]] const RetryAdvice& write_refusal(HeadWriter& out, core::TimePoint now,
                                                   core::RejectReason reason);
    void write_common_fields(HeadWriter& out, core::TimePoint now);
    void write_rate_fields(HeadWriter& out, core::TimePoint now) const;
    void decide_connection(bool body_unread);
    void send_out(core::TimePoint now, std::size_t bytes);
    void send_long(core::TimePoint now, std::size_t head_bytes, std::string body);
    void on_sent(const boost::system::error_code& error);
    [[nodiscard]] core::ByteBudget::Reservation charge_response(std::size_t bytes);
    void note_reply(core::TimePoint now, unsigned status, bool is_refusal);

    // --- what can be explained afterwards (session_explain.cpp) ---------------------------------
    void explain_refusal(core::TimePoint now, unsigned status, core::RejectReason reason,
                         const core::Occupancy& seen, const RetryAdvice& said) noexcept;
    void explain_turned_away(core::TimePoint now, unsigned status, core::RejectReason reason,
                             const core::Occupancy& seen, const RetryAdvice& said) noexcept;
    void explain_error(core::TimePoint now, unsigned status) noexcept;
    void explain_progress(core::TimePoint now) noexcept {
        // Most callers name nothing, and can then ask for nothing until they have an answer.
        if (!buffers_->parser->request_id().empty()) explain_named_progress(now);
    }
    void explain_named_progress(core::TimePoint now) noexcept;
    void explain_joining(core::TimePoint now) noexcept;
    void explain_reply(core::TimePoint now, unsigned status) noexcept;
    void explain_unanswered(core::TimePoint now, ExplainEnd end, std::uint8_t reason) noexcept;
    [[nodiscard]] ExplainStage explained_stage() const noexcept;
    void explain_late_refusal(core::TimePoint now, unsigned status, core::RejectReason reason,
                              const core::Occupancy& seen, const RetryAdvice& said) noexcept;
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> micros_of_time(
        core::TimePoint now) const noexcept;
    void explain_let_in(ExplainRecord& record, core::TimePoint now) const noexcept;
    [[nodiscard]] std::uint16_t route_index() const noexcept;
    [[nodiscard]] core::Duration usual_service(core::TimePoint now) const noexcept;
    [[nodiscard]] core::Duration time_allowed() const noexcept;
    [[nodiscard]] std::string_view callers_id() const noexcept;
    void keep(const ExplainRecord& record, std::string_view id) noexcept;

    // --- serving (session_ingest.cpp, session_serve.cpp, session_send.cpp) -----------------------
    void spawn_serve(std::unique_ptr<Work> work);
    async::Task<> serve();
    async::Task<std::optional<core::RejectReason>> sit_out_reservation();
    async::Task<std::optional<core::RejectReason>> ingest();
    std::optional<core::RejectReason> open_upload(core::TimePoint now);
    void close_upload();
    async::Task<std::optional<core::RejectReason>> admit();
    // Cold: few limiters have a shadow, and the others' requests are not to pay for it.
    [[gnu::cold]] void show_peek_to_shadow(core::TimePoint now, core::RejectReason reason) const;
    [[gnu::cold]] void show_refusal_to_shadow(core::TimePoint now, const core::Claim& claim,
                                              core::RejectReason reason) const;
    [[gnu::cold]] void show_grant_to_shadow(core::TimePoint now, core::Claim claim,
                                            core::TimePoint hopeless_at);
    async::Task<Reply> run(Work& work);
    async::Task<> send(Reply reply);
    async::Task<bool> send_source(std::size_t head_bytes, BodySource& source);
    async::Task<bool> write_all(std::array<boost::asio::const_buffer, 2> buffers);
    async::Task<> wait_for_bytes();
    [[nodiscard]] std::optional<core::RejectReason> take_body_bytes();
    [[nodiscard]] std::size_t write_head(const Reply& reply, std::uint64_t body_size);
    void on_served(std::exception_ptr error);
    void cut(Cut why);
    [[nodiscard]] core::TimePoint stage_deadline(core::TimePoint now) const;
    [[nodiscard]] core::TimePoint overdue_at() const noexcept;
    void finish_unanswered(core::TimePoint now);

    // Exchange
    [[nodiscard]] const RequestHead& head() const noexcept override { return *buffers_->parser; }
    [[nodiscard]] core::TimePoint deadline() const noexcept override { return deadline_; }
    [[nodiscard]] bool is_over() const noexcept override { return cut_ != Cut::none; }
    [[nodiscard]] boost::asio::cancellation_slot cancellation_slot() noexcept override {
        return cancel_.slot();
    }
    [[nodiscard]] std::span<const char> body() const noexcept override { return body_.bytes(); }
    [[nodiscard]] std::uint64_t body_bytes() const noexcept override { return body_bytes_; }
    async::Task<std::span<const char>> read_some() override;
    async::Task<Reply> compute(JobWork& work) override;

    [[nodiscard]] HeadParser& parser() noexcept { return *buffers_->parser; }
    [[nodiscard]] std::span<const char> unread() const noexcept {
        return {buffers_->in + begin_, end_ - begin_};
    }
    [[nodiscard]] std::string_view request_id() const noexcept {
        return {request_id_, request_id_size_};
    }

    ShardContext& context_;
    Stream stream_;
    const boost::asio::ip::address peer_;
    SessionBuffers::Ptr buffers_;  // none while resting, or in a handshake
    std::size_t begin_ = 0;        // in `in`: what has not been eaten yet is [begin_, end_)
    std::size_t end_ = 0;
    std::size_t read_at_ = 0;       // where the read under way puts its bytes: `end_`, which stays
    std::uint64_t read_bytes_ = 0;  // in all
    std::uint64_t last_read_ = 0;   // what a drain still answers: as many, and what comes till then
    core::TimePoint last_until_{};
    core::TimePoint quiet_since_{};  // idle since, or the first byte of the header came at
    core::TimePoint idle_until_{};   // then it is closed; while idle
    std::uint64_t linger_left_ = 0;

    State state_ = State::head;
    const ListenerKind kind_;
    const bool counted_per_address_;
    std::uint8_t operations_ = 0;  // pending completions that will come back to this object
    bool is_reading_ = false;
    bool is_idle_ = true;  // state head, and no byte of a header has come
    Recall recall_ = Recall::none;
    bool peer_ended_ = false;
    bool in_progress_ = false;  // counted in ShardCells::requests_begun, not yet in the ended
    bool close_after_reply_ = false;
    bool is_head_ = false;              // the request is a HEAD: no body in the reply
    bool is_let_in_ = false;            // past the peek
    core::RejectReason rejected_as_{};  // if it is

    // --- the request at hand --------------------------------------------------------------------
    RequestTally tally_;
    SettingsInUse* settings_ = nullptr;  // its route's, until it ends
    Route* route_ = nullptr;
    PageCells* page_ = nullptr;
    Tenant tenant_;
    core::Claim claim_;  // as far as the header tells; of no meaning where nothing is claimed
    BodyReader body_reader_;
    core::TimePoint head_at_{};                      // its header was complete
    core::TimePoint deadline_ = core::never;         // of the answer
    core::TimePoint client_deadline_ = core::never;  // the caller's own, bounds the body too
    std::optional<std::uint32_t> in_flight_seen_;    // X-Inflight
    bool met_quotas_ = false;                        // its replies tell what is left of them
    admission::Quotas::Reservation reservation_;     // not before this begins
    const char* request_id_ = nullptr;  // in the head of the reply, while that is being written
    std::size_t request_id_size_ = 0;

    // --- while serve() runs ---------------------------------------------------------------------
    Stage stage_ = Stage::body;
    Cut cut_ = Cut::none;
    boost::asio::cancellation_signal cancel_;
    WakeUp bytes_came_;
    BodyStore body_;
    std::uint64_t body_bytes_ = 0;
    core::TimePoint body_began_{};
    core::UploadSlots::Slot upload_slot_;
    std::uint64_t upload_id_ = 0;
    bool has_upload_slot_ = false;
    bool error_logged_ = false;
    bool body_begun_ = false;  // ingest() has asked for it: it can no longer be refused unread
    std::optional<core::RejectReason> refusal_;
    core::TimePoint granted_at_{};
    core::Ending ending_ = core::Ending::ok;
    core::TimePoint next_rate_check_ = core::never;
    admission::Permit permit_;
    core::Duration waited_{};
    core::Duration served_{};
    core::TimePoint write_until_ = core::never;
    /// For its record only.
    struct Notes {
        std::uint64_t number = 0;  // of its record, if it has one
        core::Duration held{};
        core::QueuePlace place;
        std::uint32_t limit = 0;  // when it was granted
        std::uint32_t cost = 0;
        bool was_evicted = false;
    };
    Notes notes_;
    boost::intrusive_ptr<Work> current_work_;
    BodyMode body_mode_ = BodyMode::buffered;
};

}  // namespace spillway::http
