#pragma once
// Texts with placeholders, filled in for each request: {n} its running number, {tenant},
// {random} 16 hexadecimal digits, {random:LOW-HIGH} a whole number in that range.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/random.hpp"

namespace spillway::scenario {

/// What is wrong with the placeholders of `text`; empty: nothing.
[[nodiscard]] std::string wrong_with_template(std::string_view text);

class Template {
public:
    /// Pre: nothing is wrong with `text`.
    explicit Template(std::string_view text);

    /// False: every request gets the same text.
    [[nodiscard]] bool has_placeholders() const { return has_placeholders_; }
    [[nodiscard]] bool uses_tenant() const;

    /// Appends the text to `out`. Allocates only where `out` must grow.
    void render(std::string& out, std::uint64_t n, std::string_view tenant, Random& random) const;

private:
    enum class What { literal, number, tenant, digits, range };
    struct Part {
        What what = What::literal;
        std::string literal;
        std::uint64_t low = 0;  // of a range
        std::uint64_t high = 0;
    };

    std::vector<Part> parts_;
    bool has_placeholders_ = false;
};

}  // namespace spillway::scenario
