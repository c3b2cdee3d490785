#pragma once
// Reads one response out of a connection's bytes and keeps only what the account asks for: status,
// Retry-After, and the reason that a problem document names. Bodies are counted and forgotten.

#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spillway::loadtest {

/// *Shard-local*, one object per response: Beast's parser cannot be reset, but is cheap to make
/// anew. Content-Length, chunked and until-close bodies. Does not allocate where the header comes
/// in one piece.
class ResponseReader final : private boost::beast::http::basic_parser<false> {
    using Base = boost::beast::http::basic_parser<false>;

public:
    static constexpr std::size_t problem_bytes_max =
        512;  // of a problem document that are looked at

    enum class Status : std::uint8_t { need_more, complete, malformed };

    /// The answer to a HEAD has no body, whatever its header says.
    explicit ResponseReader(bool is_head);

    /// Eats what it can of `size` bytes at `data`; how many is in `consumed`. The caller keeps the
    /// rest and hands it in again with what came after it. Not again after another status than
    /// `need_more`. Interim responses (1xx) are skipped by `is_interim()`.
    [[nodiscard]] Status feed(const char* data, std::size_t size, std::size_t& consumed);
    /// The server has closed its side. Complete only where that is what ends the body.
    [[nodiscard]] Status feed_end();

    [[nodiscard]] unsigned status() const noexcept { return status_; }
    [[nodiscard]] bool is_interim() const noexcept { return status_ < 200; }
    [[nodiscard]] std::optional<std::uint32_t> retry_after_s() const noexcept {
        return retry_after_s_;
    }
    /// Of the problem document; empty without one. Valid while this lives.
    [[nodiscard]] std::string_view reason() const noexcept;
    /// Whether another request may follow on the connection.
    [[nodiscard]] bool keeps_alive() const { return Base::keep_alive(); }
    /// Bytes of the body that are still to come, where its length is known; else 0. What they are
    /// does not matter: they may be read into any memory.
    [[nodiscard]] std::uint64_t body_left() const;

private:
    using string_view_t = boost::beast::string_view;
    using error_code = boost::beast::error_code;
    using field_t = boost::beast::http::field;
    using verb_t = boost::beast::http::verb;

    std::size_t keep(string_view_t bytes) noexcept;

    void on_response_impl(int status, string_view_t reason, int version, error_code& ec) override;
    void on_field_impl(field_t id, string_view_t name, string_view_t value,
                       error_code& ec) override;
    std::size_t on_body_impl(string_view_t bytes, error_code& ec) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, string_view_t bytes,
                                   error_code& ec) override;
    void on_request_impl(verb_t, string_view_t, string_view_t, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    void on_chunk_header_impl(std::uint64_t, string_view_t, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    unsigned status_ = 0;
    bool is_problem_ = false;
    std::optional<std::uint32_t> retry_after_s_;
    std::size_t problem_size_ = 0;
    std::array<char, problem_bytes_max> problem_;  // the first problem_size_ are set
};

/// The value of the member "reason" of a JSON object, or empty. Looks for the member's name, so it
/// takes the first one at any depth; values with escapes are taken as none.
[[nodiscard]] std::string_view reason_in(std::string_view json) noexcept;

}  // namespace spillway::loadtest
