// A pair of files is taken, or refused with what is wrong with it.
#include "spillway/tls/context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls/made_pair.hpp"

namespace spillway::tls {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::MadePair;

constexpr std::int64_t day = 24 * 3600;

Problem problem_of(const Files& files) {
    const auto loaded = Context::load(files);
    const auto* const problem = std::get_if<Problem>(&loaded);
    return problem != nullptr ? *problem : Problem{.message = "none"};
}

TEST(tls_context, a_pair_is_known_by_its_period) {
    const MadePair pair;
    const auto context = pair.context();
    EXPECT_EQ(context->valid_from(), MadePair::valid_from);
    EXPECT_EQ(context->valid_until(), MadePair::valid_until);
}

TEST(tls_context, the_same_bytes_are_the_same_context_and_others_are_not) {
    MadePair pair;
    const auto first = pair.context();
    EXPECT_EQ(std::get<Context::Ptr>(Context::reload(first, pair.files())), first);
    pair.renew();
    const auto second = std::get<Context::Ptr>(Context::reload(first, pair.files()));
    EXPECT_NE(second, first);
    EXPECT_EQ(std::get<Context::Ptr>(Context::reload(second, pair.files())), second);
}

TEST(tls_context, each_mistake_names_its_file) {
    const MadePair pair;
    const MadePair other;
    const Files files = pair.files();
    const std::string text = pair.file("text", "hello\n");
    const auto in_certificate = [&](std::string name) { return problem_of({name, files.key}); };
    const auto in_key = [&](std::string name) { return problem_of({files.certificate, name}); };
    using In = Problem::In;

    EXPECT_THAT(in_certificate("/none").message, HasSubstr("/none cannot be read: No such file"));
    EXPECT_EQ(in_certificate(text).message,
              text + " is not PEM (allowed: -----BEGIN CERTIFICATE----- and its chain)");
    EXPECT_THAT(in_certificate(files.key).message, HasSubstr(" has no certificate"));
    EXPECT_EQ(in_certificate(text).in, In::certificate);

    EXPECT_THAT(in_key("/none").message, HasSubstr("/none cannot be read: No such file"));
    EXPECT_EQ(in_key(text).message, text + " is not PEM (allowed: -----BEGIN PRIVATE KEY-----)");
    EXPECT_THAT(in_key(files.certificate).message, HasSubstr(" has no private key"));
    EXPECT_EQ(in_key(other.files().key).message,
              other.files().key + " is not the key of the certificate in " + files.certificate);
    EXPECT_EQ(in_key(text).in, In::key);
}

TEST(tls_context, too_large_a_file_is_not_read) {
    const MadePair pair;
    const std::string large = pair.file("large", std::string((1U << 20U) + 1, 'x'));
    EXPECT_THAT(problem_of({large, pair.files().key}).message, EndsWith("is larger than 1 MiB"));
}

TEST(tls_context, a_pair_that_was_refused_leaves_the_one_before_as_it_is) {
    MadePair pair;
    const MadePair other;
    const auto before = pair.context();
    const auto refused = Context::reload(before, {pair.files().certificate, other.files().key});
    EXPECT_TRUE(std::holds_alternative<Problem>(refused));
    EXPECT_EQ(before->valid_until(), MadePair::valid_until);
}

TEST(tls_validity, is_silent_until_a_week_before_the_end) {
    constexpr std::int64_t from = 1000 * day;
    constexpr std::int64_t until = 1100 * day;
    EXPECT_EQ(validity_warning(from, until, from - 1),
              "is not valid before 1972-09-27 00:00:00 UTC");
    EXPECT_EQ(validity_warning(from, until, from), "");
    EXPECT_EQ(validity_warning(from, until, until - 7 * day - 1), "");
    EXPECT_EQ(validity_warning(from, until, until - 7 * day),
              "expires soon, on 1973-01-05 00:00:00 UTC");
    EXPECT_EQ(validity_warning(from, until, until), "has expired, on 1973-01-05 00:00:00 UTC");
}

}  // namespace
}  // namespace spillway::tls
