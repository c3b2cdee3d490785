#include "fuzz/session/peer.hpp"

#include <algorithm>
#include <array>

#include "fuzz/require.hpp"

namespace spillway::fuzz {

namespace {

/// What a header is refused with, whatever was asked for.
bool refuses_head(unsigned status) {
    constexpr std::array<unsigned, 7> statuses{400, 408, 414, 417, 431, 501, 505};
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

bool is_sane_id(std::string_view id) {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\';
    });
}

/// The answer names this request: so its header was read.
bool belongs_to(const ReferenceReply& reply, const ReferenceHead& head) {
    const std::string* const id = head.find("x-request-id");
    return id != nullptr && is_sane_id(*id) && reply.field("X-Request-Id") == *id;
}

void check_fields(const ReferenceReply& reply) {
    require(reply.field("Server") == "spillway", "a reply without Server");
    require(reply.field("Date").size() == 29, "a reply without Date");
    require(is_sane_id(reply.field("X-Request-Id")), "a reply without a sane X-Request-Id");
    const std::string connection = reply.field("Connection");
    require(connection.empty() || connection == "close" || connection == "keep-alive",
            "an unknown Connection", connection);
    if (reply.status == 429 && reply.field("Retry-After").empty()) fail("429 without Retry-After");
    const std::string wait = reply.field("Retry-After");
    require(wait.empty() || (wait[0] >= '1' && wait[0] <= '9'), "a Retry-After of nothing", wait);
}

}  // namespace

std::string_view Peer::send(std::string_view bytes) {
    if (!client_.is_open() || has_finished_) return {};
    const std::size_t n = client_.send_some(bytes);
    sent_.append(bytes.substr(0, n));
    return bytes.substr(n);
}

void Peer::finish_sending() {
    if (!client_.is_open() || has_finished_) return;
    has_finished_ = true;
    is_excused_ = true;
    client_.fin();
}

void Peer::reset() {
    read_some(0);
    is_excused_ = true;
    client_.close();
}

bool Peer::read() {
    if (is_slow_) return false;
    const std::size_t before = got_.size();
    read_some(SIZE_MAX);
    return got_.size() > before;
}

void Peer::read_some(std::size_t bytes) {
    client_.read(bytes);
    got_ += client_.take_received();
}

std::vector<Peer::Answer> Peer::judge(const HttpLimits& limits, std::uint64_t discard_bytes_max,
                                      bool is_gateway) {
    read_some(SIZE_MAX);
    if (is_slow_) is_excused_ = true;
    std::vector<Answer> answers;
    std::string_view text = got_;
    bool is_over = false;
    for (const ReferenceRequest& request : reference_requests(sent_, limits)) {
        const ReferenceHead& head = request.head;
        const bool is_whole = head.verdict == Verdict::good && request.body == Verdict::good;
        // The handler's prepare() throws: that costs the connection.
        if (head.target.ends_with("?fault")) is_excused_ = true;
        bool was_invited = false;
        std::optional<ReferenceReply> reply;
        std::string_view before;
        for (;;) {
            before = text;
            if (text.empty()) break;
            reply = take_reply(text, head.is_head);
            if (!reply || reply->status >= 200) break;
            require(reply->status == 100, "an interim reply that is no 100");
            require(head.verdict == Verdict::good && head.expects_continue && !was_invited,
                    "100 Continue that nobody asked for", got_);
            was_invited = true;
        }
        if (!reply) {
            require(text.empty() || is_excused_, "a reply that does not end", text);
            require(is_excused_ || !is_whole, "a whole request without an answer", sent_);
            is_over = true;
            text = {};
            break;
        }
        check_fields(*reply);
        // One that came too slowly may not have been known to be a HEAD.
        if (head.is_head && reply->status == 408 && reply->closes()) {
            text = before;
            reply = take_reply(text, text.size() == before.find("\r\n\r\n") + 4);
        }
        const bool to_star = head.target == "*" && reply->status == 200;
        answers.push_back({reply->status, reply->closes(), to_star});
        if (head.verdict != Verdict::good) {
            require(refuses_head(reply->status) && reply->closes(),
                    "a request that is none was answered", head.why);
        } else {
            const bool is_misdirected = head.is_https && !is_gateway;
            require((reply->status == 421) == is_misdirected ||
                        (refuses_head(reply->status) && reply->closes()),
                    "https in the clear", head.target);
            const std::string* const id = head.find("x-request-id");
            require(belongs_to(*reply, head) || id == nullptr || !is_sane_id(*id) ||
                        (refuses_head(reply->status) && reply->closes()),
                    "an answer to another request", got_);
            // Replies to a client that cannot keep connections say nothing, or that they close.
            require(reply->closes() || head.keep_alive,
                    "a connection kept against the client's will");
        }
        is_over = reply->closes();
        if (is_over) break;
        // Refused with more body than is worth reading, which nobody could know before.
        if (head.chunked && request.body_bytes > discard_bytes_max) is_excused_ = true;
    }
    require(text.empty(), is_over ? "more behind the last reply" : "more replies than requests",
            text);
    return answers;
}

}  // namespace spillway::fuzz
