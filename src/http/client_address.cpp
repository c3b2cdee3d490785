#include "http/client_address.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <stdexcept>
#include <utility>

#include "http/syntax.hpp"

namespace spillway::http {

namespace ip = boost::asio::ip;

namespace {

ip::address unmapped(const ip::address& address) noexcept {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

/// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80" or "2001:db8::1".
std::optional<ip::address> parse_node(std::string_view text) {
    text = trimmed(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    if (!text.empty() && text.front() == '[') {
        text = text.substr(1, text.find(']') == std::string_view::npos ? 0 : text.find(']') - 1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    // Copied, for make_address() wants an end; not to the heap, for a refusal must not allocate.
    std::array<char, 64> node{};
    constexpr std::string_view forbidden("%\0", 2);  // a zone means something on its own machine
    if (text.size() >= node.size() || text.find_first_of(forbidden) != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), node.begin());
    boost::system::error_code error;
    const auto address = ip::make_address(node.data(), error);
    if (error) return std::nullopt;
    return unmapped(address);
}

/// True for a quote that begins or ends a quoted string: no odd backslash stands before it.
bool is_delimiter(std::string_view text, std::size_t quote) noexcept {
    std::size_t backslashes = 0;
    while (backslashes < quote && text[quote - backslashes - 1] == '\\') ++backslashes;
    return backslashes % 2 == 0;
}

/// Takes the last element off a Forwarded field. From its right, where the nearest proxy wrote: so
/// nothing that stands further left, an open quote least of all, changes what is read. A Host that
/// a proxy tells in quotes may have commas in it.
std::string_view take_last_element(std::string_view& list) noexcept {
    bool is_quoted = false;
    for (std::size_t at = list.size(); at-- > 0;) {
        if (list[at] == '"' && is_delimiter(list, at)) is_quoted = !is_quoted;
        if (list[at] != ',' || is_quoted) continue;
        const auto element = list.substr(at + 1);
        list = list.substr(0, at);
        return element;
    }
    return std::exchange(list, {});
}

std::string_view take_last_address(std::string_view& list) noexcept {
    const auto comma = list.rfind(',');
    if (comma == std::string_view::npos) return std::exchange(list, {});
    const auto address = list.substr(comma + 1);
    list = list.substr(0, comma);
    return address;
}

/// Where the parameter at the front of `element` ends.
std::size_t parameter_end(std::string_view element) noexcept {
    bool is_quoted = false;
    for (std::size_t at = 0; at < element.size(); ++at) {
        if (element[at] == '"' && is_delimiter(element, at)) is_quoted = !is_quoted;
        if (element[at] == ';' && !is_quoted) return at;
    }
    return element.size();
}

/// The for= parameter of one element of a Forwarded field.
std::string_view forwarded_for(std::string_view element) noexcept {
    while (!element.empty()) {
        const auto end = parameter_end(element);
        const auto pair = trimmed(element.substr(0, end));
        if (pair.size() > 4 && equals_ignoring_case(pair.substr(0, 4), "for="))
            return pair.substr(4);
        element.remove_prefix(std::min(end + 1, element.size()));
    }
    return {};
}

}  // namespace

ClientKey client_key(const ip::address& address) noexcept {
    ClientKey key;
    const auto plain = unmapped(address);
    if (plain.is_v4()) {
        const auto bytes = plain.to_v4().to_bytes();
        key.bytes[0] = 4;
        std::copy(bytes.begin(), bytes.end(), key.bytes.begin() + 1);
    } else {
        const auto bytes = plain.to_v6().to_bytes();
        key.bytes[0] = 6;
        std::copy_n(bytes.begin(), 8, key.bytes.begin() + 1);
    }
    return key;
}

std::size_t ClientKeyHash::operator()(const ClientKey& key) const noexcept {
    return core::keyed_hash(*secret,
                            {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& cidrs) {
    constexpr unsigned short mapped_bits = 96;  // of ::ffff:0:0/96 (RFC 4291, section 2.5.5.2)
    for (const auto& text : cidrs) {
        const bool is_v6 = text.find(':') != std::string::npos;
        const std::string full =
            text.find('/') != std::string::npos ? text : text + (is_v6 ? "/128" : "/32");
        boost::system::error_code error;
        if (is_v6) {
            const ip::network_v6 network = ip::make_network_v6(full, error);
            if (error || !network.address().is_v4_mapped()) {
                v6_.push_back(network.canonical());
            } else if (network.prefix_length() >= mapped_bits) {
                // Addresses are compared as the IPv4 ones that they are.
                const auto inner = ip::make_address_v4(ip::v4_mapped, network.address());
                const auto bits =
                    static_cast<unsigned short>(network.prefix_length() - mapped_bits);
                v4_.push_back(ip::network_v4(inner, bits).canonical());
            } else {
                error = boost::asio::error::invalid_argument;
            }
        } else {
            v4_.push_back(ip::make_network_v4(full, error).canonical());
        }
        if (error) throw std::invalid_argument("not an address or CIDR: " + text);
    }
}

bool TrustedProxies::contains(const ip::address& address) const noexcept {
    const auto plain = unmapped(address);
    if (plain.is_v4()) {
        return std::any_of(v4_.begin(), v4_.end(), [&](const ip::network_v4& network) {
            return ip::network_v4(plain.to_v4(), network.prefix_length()).canonical() == network;
        });
    }
    return std::any_of(v6_.begin(), v6_.end(), [&](const ip::network_v6& network) {
        return ip::network_v6(plain.to_v6(), network.prefix_length()).canonical() == network;
    });
}

ip::address TrustedProxies::client(const ip::address& peer, const RequestHead& head) const {
    ip::address connected = unmapped(peer);
    if (!contains(connected)) return connected;
    const auto standard = told_by(Field::forwarded, connected, head);
    const auto customary = told_by(Field::x_forwarded_for, connected, head);
    if (standard && customary && *standard != *customary) return connected;
    return standard ? *standard : customary.value_or(connected);
}

/// Nothing when there is no such field.
std::optional<ip::address> TrustedProxies::told_by(Field which, const ip::address& peer,
                                                   const RequestHead& head) const {
    const bool is_standard = which == Field::forwarded;
    const std::string_view wanted = is_standard ? "forwarded" : "x-forwarded-for";
    std::optional<ip::address> client;
    // The list may be spread over several fields: read the last one first, each from its right.
    for (std::size_t i = head.field_count(); i-- > 0;) {
        const FieldView field = head.field(i);
        if (field.value.empty() || !equals_ignoring_case(field.name, wanted)) continue;
        if (!client) client = peer;
        for (std::string_view list = field.value; !list.empty();) {
            const auto hop = parse_node(is_standard ? forwarded_for(take_last_element(list))
                                                    : take_last_address(list));
            if (!hop) return client;
            client = *hop;
            if (!contains(*client)) return client;
        }
    }
    return client;
}

}  // namespace spillway::http
