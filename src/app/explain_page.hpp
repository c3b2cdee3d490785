#pragma once
// /explain and /explain/ID of the control listener.

#include "spillway/http/server.hpp"

namespace spillway::app {

/// What became of a request and why, as JSON: figures for programs, a story for people. Without an
/// id, the latest refusals. Made at each request; O(records kept).
class ExplainPage final : public http::Page {
public:
    explicit ExplainPage(const http::Server& server) noexcept : server_(server) {}
    [[nodiscard]] Content render() const override;
    [[nodiscard]] Content render_below(std::string_view request_id) const override;

private:
    const http::Server& server_;
};

}  // namespace spillway::app
