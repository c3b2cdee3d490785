#pragma once
// Comparison of secrets.

#include <string_view>

namespace spillway::tls {

/// Takes the same time for all of one length, wherever the difference is: nobody finds a secret
/// letter by letter. The length itself is not hidden. Thread-safe.
[[nodiscard]] bool is_same_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace spillway::tls
