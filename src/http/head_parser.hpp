#pragma once
// Reads one request header out of a connection's buffer: Beast's tokenizer, our strictness, and no
// message object. What it keeps are offsets into the buffer, in a fixed table.

#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/prefer_field.hpp"
#include "http/syntax.hpp"
#include "spillway/http/request.hpp"

namespace spillway::http {

/// Why a header is refused: a status and one sentence.
struct HeadError {
    unsigned status = 400;
    const char* detail = "";
};

/// A strict RFC 9112 request header. Shard-local, one object per header: Beast's parser cannot be
/// reset, but is cheap to make anew (nothing here is zeroed that need not be). Only the header goes
/// through Beast: bodies are read by BodyReader, whose bounds Beast 1.81 lacks.
class HeadParser final : public RequestHead, private boost::beast::http::basic_parser<true> {
    using Base = boost::beast::http::basic_parser<true>;

public:
    static constexpr std::size_t fields_max = 100;

    enum class Result : std::uint8_t { need_more, complete, refused };

    /// `base` is where the header's first byte stands, and stays until the request has ended. One
    /// byte there may be changed: a newer minor version becomes 1.1.
    HeadParser(char* base, std::size_t header_bytes_max, std::size_t target_bytes_max);

    /// `available` bytes have arrived at `base` so far. O(new bytes). Not again after `complete` or
    /// `refused`.
    [[nodiscard]] Result parse(std::size_t available);

    [[nodiscard]] const HeadError& error() const noexcept { return error_; }
    [[nodiscard]] std::size_t size() const noexcept { return used_; }  // bytes of the header
    /// Where the header ends in the buffer that begins at `buffer`.
    [[nodiscard]] std::size_t end_offset(const char* buffer) const noexcept {
        return static_cast<std::size_t>(base_ - buffer) + used_;
    }

    // RequestHead
    [[nodiscard]] Method method() const noexcept override { return method_; }
    [[nodiscard]] std::string_view path() const noexcept override { return target_.path; }
    [[nodiscard]] std::string_view query() const noexcept override { return target_.query; }
    [[nodiscard]] std::size_t field_count() const noexcept override { return field_count_; }
    [[nodiscard]] FieldView field(std::size_t index) const noexcept override;

    /// Also of a newer minor version (RFC 9110, 2.5).
    [[nodiscard]] bool is_http_1_1() const noexcept { return version_ == 11; }
    /// The target says https.
    [[nodiscard]] bool is_https() const noexcept { return target_.is_https; }
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
    [[nodiscard]] bool is_chunked() const noexcept { return chunked_; }
    [[nodiscard]] std::uint64_t content_length() const noexcept { return length_.value_or(0); }
    [[nodiscard]] bool has_body() const noexcept { return chunked_ || content_length() > 0; }
    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

    /// What the request is for: the authority of an absolute target, else Host. O(fields).
    [[nodiscard]] std::string_view authority() const noexcept;

    /// Values of the fields that decide something here; empty when absent.
    [[nodiscard]] std::string_view request_id() const noexcept { return view(request_id_); }
    [[nodiscard]] std::string_view request_timeout() const noexcept { return view(timeout_); }
    /// Prefer: wait=N, in seconds.
    [[nodiscard]] std::optional<std::uint32_t> preferred_wait() const noexcept {
        return wait_.seconds();
    }

private:
    struct Slice {
        std::uint32_t offset;
        std::uint32_t size;
    };
    struct Field {
        Slice name;
        Slice value;
    };
    using string_view_t = boost::beast::string_view;
    using error_code = boost::beast::error_code;
    using field_t = boost::beast::http::field;
    using verb_t = boost::beast::http::verb;

    [[nodiscard]] std::string_view view(Slice s) const noexcept {
        return {base_ + s.offset, s.size};
    }
    [[nodiscard]] Slice slice(string_view_t s) const noexcept;
    [[nodiscard]] const char* waits_in_vain() noexcept;
    [[nodiscard]] bool is_folded(string_view_t name, string_view_t value) const noexcept;
    void refuse(error_code& ec, unsigned status, const char* detail) noexcept;
    void note_field(field_t id, string_view_t name, Slice value, error_code& ec);
    void note_connection(std::string_view value) noexcept;
    void note_expectations(std::string_view value, error_code& ec) noexcept;
    void note_transfer_encoding(std::string_view value, error_code& ec);
    Result finish();
    Result refused_by_beast(const error_code& ec);
    Result refused_for_version();

    void on_request_impl(verb_t verb, string_view_t method, string_view_t target, int version,
                         error_code& ec) override;
    void on_field_impl(field_t id, string_view_t name, string_view_t value,
                       error_code& ec) override;
    // Never reached: parse() stops at the end of the header.
    void on_response_impl(int, string_view_t, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(string_view_t, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view_t, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view_t, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    char* base_;
    std::size_t used_ = 0;       // bytes given to Beast for good
    std::size_t available_ = 0;  // bytes at base_
    std::size_t scanned_ = 0;    // of these, looked through while the header was incomplete
    std::size_t header_bytes_max_;
    std::size_t target_bytes_max_;
    HeadError error_;
    Target target_;
    std::optional<std::uint64_t> length_;
    Slice request_id_{0, 0};
    Slice timeout_{0, 0};
    PreferredWait wait_;
    int version_ = 11;
    unsigned host_count_ = 0;
    Method method_ = Method::other;
    bool started_ = false;  // the request line is known
    bool chunked_ = false;
    bool expects_continue_ = false;
    bool keep_alive_ = false;
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    std::uint32_t field_count_ = 0;
    std::array<Field, fields_max> fields_;  // the first field_count_ are set
};

}  // namespace spillway::http
