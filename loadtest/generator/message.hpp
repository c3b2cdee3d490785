#pragma once
// The bytes of a request, made ready once for each kind of client.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/random.hpp"
#include "scenario/scenario.hpp"
#include "scenario/template.hpp"

namespace spillway::loadtest {

/// What goes out for one request. The views live as long as the kind and `rendered` do.
struct Message {
    std::string_view head;
    std::string_view body;
};

/// One kind of client: its bytes and how it behaves. *Shard-local.*
class Kind {
public:
    /// `authority` is the value of Host. The body's file is read here; the loader has found it.
    /// Throws std::runtime_error when it cannot be read any more.
    Kind(const scenario::Client& client, std::string_view authority);

    /// Without placeholders the same bytes every time; else they are written into `rendered`, which
    /// allocates only where it must grow.
    [[nodiscard]] Message message(std::string& rendered, std::uint64_t number,
                                  std::string_view tenant, scenario::Random& random) const;

    [[nodiscard]] const scenario::Client& client() const noexcept { return *client_; }
    [[nodiscard]] bool is_head() const noexcept { return is_head_; }
    /// The path without its query, as the server labels its routes; empty when it has placeholders.
    [[nodiscard]] const std::string& route() const noexcept { return route_; }
    /// Slow readers have a connection of their own too: its receive buffer must be small before it
    /// is opened.
    [[nodiscard]] bool wants_own_connection() const noexcept {
        return client_->new_connection || client_->read_rate > 0;
    }

private:
    const scenario::Client* client_;
    std::string head_;                              // with the body behind it, where that is short
    std::unique_ptr<scenario::Template> template_;  // of the head; empty without placeholders
    std::string body_;
    std::string route_;
    bool is_head_ = false;
};

}  // namespace spillway::loadtest
