#include "generator/response_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace spillway::loadtest {

namespace beast_http = boost::beast::http;

ResponseReader::ResponseReader(bool is_head) {
    Base::eager(true);
    Base::skip(is_head);
    Base::body_limit(boost::none);
    Base::header_limit(std::numeric_limits<std::uint32_t>::max());  // the buffer is the limit
}

ResponseReader::Status ResponseReader::feed(const char* data, std::size_t size,
                                            std::size_t& consumed) {
    error_code ec;
    consumed = Base::put({data, size}, ec);
    if (ec == beast_http::error::need_more) return Status::need_more;
    if (ec) return Status::malformed;
    return Base::is_done() ? Status::complete : Status::need_more;
}

ResponseReader::Status ResponseReader::feed_end() {
    if (!Base::got_some()) return Status::malformed;
    error_code ec;
    Base::put_eof(ec);
    return ec ? Status::malformed : Status::complete;
}

std::string_view ResponseReader::reason() const noexcept {
    return reason_in({problem_.data(), problem_size_});
}

std::uint64_t ResponseReader::body_left() const {
    if (!Base::is_header_done() || Base::is_done()) return 0;
    return Base::content_length_remaining().value_or(0);
}

std::size_t ResponseReader::keep(string_view_t bytes) noexcept {
    if (is_problem_) {
        const std::size_t room = problem_.size() - problem_size_;
        const std::size_t taken = std::min<std::size_t>(room, bytes.size());
        std::memcpy(problem_.data() + problem_size_, bytes.data(), taken);
        problem_size_ += taken;
    }
    return bytes.size();
}

void ResponseReader::on_response_impl(int status, string_view_t, int, error_code&) {
    status_ = static_cast<unsigned>(status);
}

void ResponseReader::on_field_impl(field_t id, string_view_t, string_view_t value, error_code&) {
    if (id == field_t::retry_after) {
        std::uint32_t seconds = 0;
        const auto* const end = value.data() + value.size();
        if (std::from_chars(value.data(), end, seconds).ptr == end) retry_after_s_ = seconds;
    } else if (id == field_t::content_type && status_ >= 300) {
        constexpr string_view_t problem = "application/problem+json";
        is_problem_ = value.substr(0, problem.size()) == problem;
    }
}

std::size_t ResponseReader::on_body_impl(string_view_t bytes, error_code&) { return keep(bytes); }

std::size_t ResponseReader::on_chunk_body_impl(std::uint64_t, string_view_t bytes, error_code&) {
    return keep(bytes);
}

std::string_view reason_in(std::string_view json) noexcept {
    constexpr std::string_view name = "\"reason\"";
    auto at = json.find(name);
    if (at == std::string_view::npos) return {};
    at = json.find_first_not_of(" \t\r\n", at + name.size());
    if (at == std::string_view::npos || json[at] != ':') return {};
    at = json.find_first_not_of(" \t\r\n", at + 1);
    if (at == std::string_view::npos || json[at] != '"') return {};
    const auto end = json.find_first_of("\"\\", at + 1);
    if (end == std::string_view::npos || json[end] == '\\') return {};
    return json.substr(at + 1, end - at - 1);
}

}  // namespace spillway::loadtest
