#pragma once
// What two instances say to each other when one takes over the other's listening sockets.
//
//     new: take                     I speak this version; your sockets, please
//     old: sockets FIRST TOTAL      one line for each, the descriptors ride with the message
//     new: ready UNWANTED...        I accept from all of them but these
//     old: released                 I accept from none of the wanted any more; the path is yours
//     old: refused                  why not, in words; the end of the conversation
//
// Each is one packet of text that begins with a name and a version, so that a person can read it
// and neither side must guess where it ends.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::app::handover {

inline constexpr unsigned version = 1;
inline constexpr std::size_t message_bytes_max = 64 * 1024;
inline constexpr std::size_t sockets_max = 8192;
/// The kernel takes 253 descriptors with a message.
inline constexpr std::size_t sockets_in_message_max = 64;

struct Take {
    unsigned version = handover::version;
    friend bool operator==(const Take&, const Take&) = default;
};

/// Of one descriptor, in the order in which they ride along.
struct SocketNote {
    bool is_control = false;
    bool is_kept = false;  // a service manager has it, too
    friend bool operator==(const SocketNote&, const SocketNote&) = default;
};

struct Sockets {
    std::size_t first = 0;
    std::size_t total = 0;
    std::vector<SocketNote> notes{};
    friend bool operator==(const Sockets&, const Sockets&) = default;
};

struct Ready {
    std::vector<std::size_t> unwanted{};
    friend bool operator==(const Ready&, const Ready&) = default;
};

struct Released {
    friend bool operator==(const Released&, const Released&) = default;
};

struct Refused {
    std::string why{};
    friend bool operator==(const Refused&, const Refused&) = default;
};

using Message = std::variant<Take, Sockets, Ready, Released, Refused>;

[[nodiscard]] std::string encode(const Message& message);
/// Nothing if it is no message, one that breaks a bound above, or (but for a Take) of another
/// version. *Pure.*
[[nodiscard]] std::optional<Message> decode(std::string_view packet);

}  // namespace spillway::app::handover
