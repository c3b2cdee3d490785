// Values that people and clients write: header fields, query parameters, sizes, durations,
// addresses. Whatever comes is refused or read within its bounds, and what was read and is written
// again reads the same.
//
// The input: which of them, then its text.
//
// fuzz: -dict=fields.dict -max_len=1024

#include <algorithm>
#include <string>

#include "config/address.hpp"
#include "config/units.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "handlers/drill_params.hpp"
#include "handlers/resize_params.hpp"
#include "http/claim_rule.hpp"
#include "http/client_address.hpp"
#include "http/fields.hpp"
#include "http/image_pixels.hpp"
#include "http/priority_field.hpp"
#include "http/syntax.hpp"
#include "http/tenant.hpp"
#include "http/wire.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/core/rate/rate_fields.hpp"

namespace spillway::fuzz {
namespace {

using http::FieldView;
using http::testing::Fields;

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// One field, or one for each line.
Fields fields_of(std::string_view name, std::string_view text) {
    std::vector<FieldView> fields;
    for (;;) {
        const auto end = text.find('\n');
        fields.push_back({name, text.substr(0, end)});
        if (end == std::string_view::npos) return Fields(fields);
        text.remove_prefix(end + 1);
    }
}

// --- header fields ------------------------------------------------------------------------------

void check_priority(std::string_view text) {
    const auto urgency = http::parse_urgency(text);
    require(!urgency || *urgency <= 7, "an urgency beyond 7");
    // Blanks round it mean nothing, and behind a good one another member may stand.
    require(http::parse_urgency(" " + std::string(text) + "\t") == urgency,
            "blanks have a meaning");
    const std::string followed = std::string(text) + ", u=3";
    if (urgency)
        require(http::parse_urgency(followed) == 3, "of several members the last one counts");
    const auto all = http::urgency(fields_of("Priority", text));
    require(!all || *all <= 7, "an urgency beyond 7");
}

void check_seconds(std::string_view text) {
    const auto ms = http::parse_decimal_seconds_ms(text);
    if (!ms) return;
    require(*ms <= 86'400'000, "longer than a day");
    require(std::all_of(text.begin(), text.end(),
                        [](char c) { return (c >= '0' && c <= '9') || c == '.'; }),
            "seconds that are no number", text);
    std::string again = std::to_string(*ms / 1000) + "." + std::to_string(1000 + *ms % 1000);
    again.erase(again.find('.') + 1, 1);
    require(http::parse_decimal_seconds_ms(again) == ms, "seconds that read otherwise", again);
}

void check_length(std::string_view text) {
    const auto length = http::parse_length(text);
    if (!length) return;
    const auto digits = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
    require(std::to_string(*length) == digits, "a length that reads otherwise", text);
}

void check_client(Input& in) {
    const std::string_view name = in.flag() ? "Forwarded" : "X-Forwarded-For";
    const auto peer = boost::asio::ip::make_address(in.flag() ? "10.0.0.1" : "192.0.2.1");
    const http::TrustedProxies trusted({"10.0.0.0/8", "2001:db8::/32"});
    const Fields head = fields_of(name, in.rest());
    const auto client = trusted.client(peer, head);
    require(trusted.contains(peer) || client == peer, "a stranger was believed");
    const auto key = http::client_key(client);
    require(key.bytes[0] == (client.is_v4() ? 4 : 6), "a key of another family");
    const core::HashKey secret{.k0 = 1, .k1 = 2};
    const http::Origin origin{.peer = peer, .trusted = trusted, .key = secret};
    const http::TenantRule by_address({.from = http::TenantOptions::From::address});
    const auto tenant = by_address.read(head, origin);
    require(tenant.hash != admission::Quota::anonymous, "an address is a tenant");
}

void check_claim(Input& in) {
    using http::ClaimOptions;
    const http::TrustedProxies trusted({"10.0.0.0/8"});
    const auto peer = boost::asio::ip::make_address(in.flag() ? "10.0.0.1" : "192.0.2.1");
    const core::HashKey secret{.k0 = 1, .k1 = 2};
    const http::Origin origin{.peer = peer, .trusted = trusted, .key = secret};
    ClaimOptions options{
        .bands = static_cast<std::uint32_t>(1 + in.below(8)),
        .band = static_cast<std::uint32_t>(in.below(8)),
        .band_from = in.flag() ? ClaimOptions::BandFrom::header : ClaimOptions::BandFrom::rfc9218,
        .band_header = "Priority",
        .cost_per = in.pick(std::array{ClaimOptions::CostPer::request, ClaimOptions::CostPer::byte,
                                       ClaimOptions::CostPer::pixel}),
        .cost = 1 + in.below(200)};
    const http::ClaimRule rule(options);
    const auto text = in.rest();
    const core::Claim claim = rule.read(fields_of("Priority", text), text.size(), origin);
    require(claim.band < options.bands, "a band that does not exist");
    require(claim.cost >= 1, "a request that costs nothing");
    require(rule.cost(text.size(), text) >= 1, "a body that costs nothing");
    if (!trusted.contains(peer))
        require(claim.band >= std::min(options.band, options.bands - 1), "a stranger in front");
    const http::TenantRule by_name({.from = http::TenantOptions::From::header,
                                    .header = "Priority",
                                    .shares = {"gold", "tin"}});
    const http::Tenant tenant = by_name.read(fields_of("Priority", text), origin);
    const bool is_gold = text.substr(0, text.find('\n')) == "gold";
    require(is_gold == (tenant.share == 0), "a share that is another's");
}

void check_request_id(std::string_view text) {
    if (http::is_sane_request_id(text))
        require(is_printable(text) && !text.empty() && text.size() <= 128, "an id beyond reason");
}

/// A structured field's string, its inside.
void check_rate_fields(Input& in) {
    const core::RateOptions rate{.rate = 1U + in.byte() * std::uint64_t{99},
                                 .period = std::chrono::milliseconds(1 + in.byte() * 37),
                                 .burst = 1U + in.byte() * std::uint64_t{7}};
    if (!rate.validate().empty()) return;
    const core::RateStanding standing{
        .remaining = in.byte() * std::uint64_t{1} << in.below(60),
        .next_after = core::Duration(std::int64_t{in.byte()} << in.below(55))};
    const core::RateFields fields(in.rest(), rate);
    const auto limit = fields.limit(standing);
    for (const std::string_view value : {fields.policy(), limit.view()}) {
        require(is_printable(value), "a RateLimit field with control bytes");
        require(value.starts_with('"'), "a policy without a name");
        std::size_t end = 1;
        while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2 : 1;
        require(end < value.size() && value.substr(end + 1).starts_with(";"), "a name that ends",
                value);
    }
}

// --- addresses ----------------------------------------------------------------------------------

void check_address(std::string_view text) {
    const auto endpoint = config::parse_endpoint(text);
    if (endpoint) {
        const bool is_v6 = endpoint->host.find(':') != std::string::npos;
        const std::string again = (is_v6 ? "[" + endpoint->host + "]" : endpoint->host) + ":" +
                                  std::to_string(endpoint->port);
        const auto same = config::parse_endpoint(again);
        require(same && same->host == endpoint->host && same->port == endpoint->port,
                "an endpoint that reads otherwise", again);
        require(config::overlap(*endpoint, *endpoint) == (endpoint->port != 0), "not its own peer");
        require(is_printable(endpoint->host), "a host with control bytes");
        static_cast<void>(config::is_loopback(*endpoint));
    }
    // What the configuration's check lets pass must be understood by the server.
    if (config::is_cidr(text)) {
        require(is_printable(text), "a network with control bytes");
        const http::TrustedProxies trusted({std::string(text)});
        const std::string address(text.substr(0, text.rfind('/')));
        require(trusted.contains(boost::asio::ip::make_address(address)),
                "a network without its own address", text);
    }
    require(!http::is_authority(text, false) || is_printable(text), "an authority that is none");
}

void check_target(std::string_view text) {
    const auto target = http::parse_target(text);
    if (!target) return;
    require(is_printable(text), "a target with control bytes");
    require(target->path == "*" || target->path.starts_with('/'), "a path without its slash");
    require(target->authority.empty() || http::is_authority(target->authority, false),
            "a target with a bad authority");
    const std::string decoded = http::decode_path(target->path);
    require(decoded.size() <= target->path.size(), "a path that grows");
}

// --- query parameters ---------------------------------------------------------------------------

void check_query(std::string_view text) {
    const auto params = http::decode_query(text);
    if (!params) return;
    std::size_t bytes = 0;
    for (const auto& [name, value] : *params) bytes += name.size() + value.size();
    require(bytes <= text.size(), "parameters that grow");
    const auto resize = handlers::parse_resize_params(*params);
    if (const auto* bad = std::get_if<handlers::ParamProblem>(&resize)) {
        require(is_printable(bad->detail) && bad->detail.size() < 600,
                "a problem with control bytes", bad->detail);
    } else {
        const auto& got = std::get<handlers::ResizeParams>(resize);
        require(got.width || got.height, "a resize to nothing");
        require(got.width.value_or(1) - 1 < handlers::side_px_max &&
                    got.height.value_or(1) - 1 < handlers::side_px_max,
                "a side beyond its bounds");
        require(got.quality >= 1 && got.quality <= 100, "a quality beyond its bounds");
    }
    const auto drill = handlers::parse_drill_params(*params);
    if (const auto* bad = std::get_if<handlers::ParamProblem>(&drill)) {
        require(is_printable(bad->detail) && bad->detail.size() < 600,
                "a problem with control bytes", bad->detail);
    } else {
        const auto& got = std::get<handlers::DrillParams>(drill);
        require(got.fail >= 0 && got.fail <= 1, "a probability beyond its bounds");
    }
}

// --- units --------------------------------------------------------------------------------------

void check_units(std::string_view text) {
    if (const auto size = config::parse_size(text))
        require(config::parse_size(config::format_size(*size)) == size, "a size", text);
    if (const auto duration = config::parse_duration(text))
        require(duration->count() >= 0 &&
                    config::parse_duration(config::format_duration(*duration)) == duration,
                "a duration", text);
    if (const auto decimal = config::parse_decimal(text))
        require(*decimal >= 0 && config::parse_decimal(config::format_decimal(*decimal)) == decimal,
                "a decimal", text);
    if (const auto whole = config::parse_integer(text))
        require(config::parse_integer(std::to_string(*whole)) == whole, "an integer", text);
}

void check_pixels(std::string_view text) {
    const auto pixels = http::image_pixels(text);
    require(!pixels || *pixels > 0, "an image without pixels");
}

}  // namespace
}  // namespace spillway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace spillway::fuzz;
    Input in(data, size);
    switch (in.byte() % 12) {
        case 0:
            check_priority(in.rest());
            break;
        case 1:
            check_seconds(in.rest());
            break;
        case 2:
            check_length(in.rest());
            break;
        case 3:
            check_client(in);
            break;
        case 4:
            check_claim(in);
            break;
        case 5:
            check_request_id(in.rest());
            break;
        case 6:
            check_rate_fields(in);
            break;
        case 7:
            check_address(in.rest());
            break;
        case 8:
            check_target(in.rest());
            break;
        case 9:
            check_query(in.rest());
            break;
        case 10:
            check_units(in.rest());
            break;
        default:
            check_pixels(in.rest());
    }
    return 0;
}
