#include "http/claim_rule.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/fields.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::http {
namespace {

using testing::Fields;

namespace ip = boost::asio::ip;
using BandFrom = ClaimOptions::BandFrom;
using CostPer = ClaimOptions::CostPer;

const TrustedProxies trusted({"10.0.0.0/8"});
const auto proxy = ip::make_address("10.1.2.3");
const auto stranger = ip::make_address("192.0.2.1");

core::Claim read(const ClaimOptions& options, std::vector<FieldView> fields,
                 const ip::address& peer = stranger, std::uint64_t length = 0) {
    return ClaimRule(options).read(Fields(std::move(fields)), length,
                                   {.peer = peer, .trusted = trusted, .key = {1, 2}});
}

unsigned band(const ClaimOptions& options, std::string_view value, const ip::address& peer) {
    const std::string name = options.band_header.empty() ? "priority" : options.band_header;
    return read(options, {{name, value}}, peer).band;
}

TEST(claim_rule, a_route_without_options_claims_one_unit_and_nothing_else) {
    EXPECT_TRUE(ClaimRule(ClaimOptions{}).is_plain());
    EXPECT_TRUE(ClaimRule({.bands = 1, .band = 3}).is_plain()) << "one band is none";
    EXPECT_FALSE(ClaimRule({.bands = 2}).is_plain());
    EXPECT_FALSE(ClaimRule({.cost = 2}).is_plain());
    EXPECT_FALSE(ClaimRule({.cost_per = CostPer::byte}).is_plain());
}

TEST(claim_rule, the_route_s_band_is_at_most_the_last_one) {
    EXPECT_EQ(band({.bands = 8, .band = 5}, "u=0", proxy), 5U) << "nobody asks the field";
    EXPECT_EQ(band({.bands = 2, .band = 5}, "", proxy), 1U);
}

TEST(claim_rule, a_proxy_may_raise_the_band_and_others_only_lower_it) {
    const ClaimOptions options{.bands = 8, .band = 3, .band_from = BandFrom::rfc9218};
    EXPECT_EQ(band(options, "u=0", proxy), 0U);
    EXPECT_EQ(band(options, "u=7", proxy), 7U);
    EXPECT_EQ(band(options, "u=0", stranger), 3U);
    EXPECT_EQ(band(options, "u=7", stranger), 7U);
    EXPECT_EQ(band(options, "u=9", proxy), 3U) << "as if it were not there";
    EXPECT_EQ(band(options, "i", proxy), 3U);
    const ClaimOptions two{.bands = 2, .band = 0, .band_from = BandFrom::rfc9218};
    EXPECT_EQ(band(two, "u=7", stranger), 1U) << "beyond the last one is the last one";
}

TEST(claim_rule, a_field_s_number_is_clamped_and_all_else_ignored) {
    const ClaimOptions options{
        .bands = 4, .band = 2, .band_from = BandFrom::header, .band_header = "X-Class"};
    EXPECT_EQ(band(options, "0", proxy), 0U);
    EXPECT_EQ(band(options, "3", stranger), 3U);
    EXPECT_EQ(band(options, "4000000000", stranger), 3U);
    for (const char* absurd : {"", "-1", "1x", "0.5", "gold", "99999999999999999999999999"})
        EXPECT_EQ(band(options, absurd, proxy), 2U) << absurd;
}

TEST(claim_rule, costs_are_whole_units_and_at_least_one) {
    EXPECT_EQ(ClaimRule({.cost = 5}).cost(1'000'000, {}), 5U);
    const ClaimRule by_bytes({.cost_per = CostPer::byte, .cost = 1000});
    EXPECT_EQ(by_bytes.cost(0, {}), 1U);
    EXPECT_EQ(by_bytes.cost(1000, {}), 1U);
    EXPECT_EQ(by_bytes.cost(1001, {}), 2U);
    EXPECT_EQ(by_bytes.cost(UINT64_MAX, {}), core::Occupancy::count_max);
    EXPECT_EQ(read({.cost_per = CostPer::byte, .cost = 1000}, {}, stranger, 2500).cost, 3U)
        << "before the body as long as it says it is";
}

TEST(claim_rule, images_cost_by_their_pixels_unless_they_are_refused_unread) {
    const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\xe8\0\0\x0b\xb8",
                          24);  // 1000 x 3000
    ClaimOptions options{.cost_per = CostPer::pixel, .cost = 1'000'000, .pixels_max = 3'000'000};
    EXPECT_EQ(ClaimRule(options).cost(png.size(), png), 3U);
    EXPECT_EQ(ClaimRule(options).cost(3, std::string_view("abc")), 1U) << "no image";
    options.pixels_max = 2'999'999;
    EXPECT_EQ(ClaimRule(options).cost(png.size(), png), 1U);
}

}  // namespace
}  // namespace spillway::http
