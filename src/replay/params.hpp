#pragma once
// The JSON object of a header line, read strictly: what is missing, of the wrong type, out of range
// or unknown is an Error that names the parameter.

#include <boost/json/object.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::replay {

/// Bounds of a number, inclusive. Infinities are never accepted.
struct Range {
    double from = std::numeric_limits<double>::lowest();
    double to = std::numeric_limits<double>::max();
};
inline constexpr Range positive{std::numeric_limits<double>::min()};
inline constexpr Range not_negative{0.0};

/// Limits and counts of requests: what the references keep in 32 bits.
inline constexpr std::int64_t count_max = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

class Params {
public:
    /// `where` precedes the names of an inner object's parameters, as in "window.".
    explicit Params(boost::json::object object, std::string where = "")
        : object_(std::move(object)), where_(std::move(where)) {}

    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t from,
                                       std::int64_t to) const;
    [[nodiscard]] double number(std::string_view name, Range range) const;
    [[nodiscard]] std::string text(std::string_view name) const;

    /// As above; nothing for `null`, which stands for the algorithm's default rule.
    [[nodiscard]] std::optional<std::int64_t> integer_or_null(std::string_view name,
                                                              std::int64_t from,
                                                              std::int64_t to) const;
    [[nodiscard]] std::optional<double> number_or_null(std::string_view name, Range range) const;

    /// An inner object; nothing if it is absent or null.
    [[nodiscard]] std::optional<Params> object(std::string_view name) const;
    /// True if the parameter is there, null included.
    [[nodiscard]] bool has(std::string_view name) const;

    /// May be there and says nothing to this algorithm.
    void ignore(std::string_view name) const { asked_.emplace_back(name); }

    /// The parameters must not be used: what is wrong with `name`.
    [[noreturn]] void refuse(std::string_view name, const std::string& what) const;

    /// Ends the reading: a parameter that nothing has asked for is an Error.
    void done() const;

private:
    const boost::json::value& at(std::string_view name) const;

    boost::json::object object_;
    std::string where_;
    mutable std::vector<std::string> asked_;
};

}  // namespace spillway::replay
