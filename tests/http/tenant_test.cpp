#include "http/tenant.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "http/fields.hpp"
#include "spillway/admission/quota.hpp"

namespace spillway::http {
namespace {

namespace ip = boost::asio::ip;
using testing::Fields;
using From = TenantOptions::From;

const TrustedProxies trusted({"10.0.0.0/8"});
const auto proxy = ip::make_address("10.1.2.3");
const auto stranger = ip::make_address("192.0.2.1");

Tenant read(const TenantOptions& options, std::vector<FieldView> fields,
            const ip::address& peer = stranger) {
    return TenantRule(options).read(Fields(std::move(fields)),
                                    {.peer = peer, .trusted = trusted, .key = {1, 2}});
}

TEST(tenant_rule, without_options_everybody_is_nobody) {
    EXPECT_TRUE(TenantRule(TenantOptions{}).is_nobody());
    EXPECT_FALSE(TenantRule({.from = From::address}).is_nobody());
    EXPECT_EQ(read({}, {{"x-tenant", "gold"}}).hash, read({}, {}).hash);
}

TEST(tenant_rule, fields_tell_tenants_apart_and_shares_go_by_name) {
    const TenantOptions options{
        .from = From::header, .header = "X-Tenant", .shares = {"gold", "bronze"}};
    const auto of = [&](std::string_view name) { return read(options, {{"x-tenant", name}}); };
    EXPECT_EQ(of("gold").share, 0U);
    EXPECT_EQ(of("bronze").share, 1U);
    EXPECT_EQ(of("Gold").share, core::Claim::no_share) << "names are as they are written";
    EXPECT_EQ(of("a").hash, of("a").hash);
    EXPECT_NE(of("a").hash, of("b").hash);
}

TEST(tenant_rule, whoever_gives_no_name_is_the_anonymous_tenant) {
    const TenantOptions options{.from = From::header, .header = "X-Tenant", .shares = {"gold"}};
    for (const auto& tenant : {read(options, {}), read(options, {{"x-tenant", ""}})}) {
        EXPECT_EQ(tenant.hash, admission::Quota::anonymous);
        EXPECT_EQ(tenant.share, core::Claim::no_share);
    }
}

TEST(tenant_rule, a_hostile_name_is_a_tenant_like_others) {
    const TenantOptions options{.from = From::header, .header = "X-Tenant", .shares = {"gold"}};
    const std::string longest(8000, 'x');
    const std::string longer = longest + 'y';
    EXPECT_EQ(read(options, {{"x-tenant", longest}}).share, core::Claim::no_share);
    EXPECT_EQ(read(options, {{"x-tenant", longest}}).hash,
              read(options, {{"x-tenant", longer}}).hash)
        << "so much of a name counts";
    EXPECT_EQ(read(options, {{"x-tenant", "gold\x7f"}}).share, core::Claim::no_share);
}

TEST(tenant_rule, addresses_are_those_behind_the_proxy) {
    const TenantOptions options{.from = From::address, .shares = {"192.0.2.1", "2001:db8::1"}};
    EXPECT_EQ(read(options, {}, stranger).share, 0U);
    EXPECT_EQ(read(options, {{"x-forwarded-for", "192.0.2.1"}}, proxy).share, 0U);
    EXPECT_EQ(read(options, {{"x-forwarded-for", "192.0.2.9"}}, stranger).share, 0U)
        << "a stranger says nothing of others";
    EXPECT_EQ(read(options, {}, ip::make_address("2001:db8::ffff:1")).share, 1U)
        << "a /64 is one client";
    EXPECT_NE(read(options, {}, ip::make_address("2001:db8:0:1::1")).hash,
              read(options, {}, ip::make_address("2001:db8:0:2::1")).hash);
    EXPECT_THROW(TenantRule({.from = From::address, .shares = {"gold"}}), std::invalid_argument);
}

}  // namespace
}  // namespace spillway::http
