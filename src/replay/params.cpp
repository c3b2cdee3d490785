#include "replay/params.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <cmath>
#include <sstream>

#include "replay/error.hpp"

namespace spillway::replay {
namespace {

std::string in_words(Range range) {
    if (range.from == positive.from && range.to == positive.to) return "a number above 0";
    std::ostringstream out;
    out << "a number";
    if (range.from > Range{}.from) out << " from " << range.from;
    if (range.to < Range{}.to) out << " to " << range.to;
    return out.str();
}

}  // namespace

const boost::json::value& Params::at(std::string_view name) const {
    asked_.emplace_back(name);
    const auto* found = object_.if_contains(name);
    if (found == nullptr) refuse(name, "is missing");
    return *found;
}

std::int64_t Params::integer(std::string_view name, std::int64_t from, std::int64_t to) const {
    const auto& value = at(name);
    boost::json::error_code failed;
    // Also 20.0, which is how some writers print 20.
    const auto number = value.to_number<std::int64_t>(failed);
    if (failed || number < from || number > to)
        refuse(name,
               "must be a whole number from " + std::to_string(from) + " to " + std::to_string(to));
    return number;
}

double Params::number(std::string_view name, Range range) const {
    const auto& value = at(name);
    boost::json::error_code failed;
    const auto number = value.to_number<double>(failed);
    if (failed || !std::isfinite(number) || number < range.from || number > range.to)
        refuse(name, "must be " + in_words(range));
    return number;
}

std::string Params::text(std::string_view name) const {
    const auto& value = at(name);
    if (!value.is_string()) refuse(name, "must be a string");
    return std::string(value.get_string());
}

std::optional<std::int64_t> Params::integer_or_null(std::string_view name, std::int64_t from,
                                                    std::int64_t to) const {
    if (at(name).is_null()) return std::nullopt;
    return integer(name, from, to);
}

std::optional<double> Params::number_or_null(std::string_view name, Range range) const {
    if (at(name).is_null()) return std::nullopt;
    return number(name, range);
}

std::optional<Params> Params::object(std::string_view name) const {
    if (!has(name) || at(name).is_null()) return std::nullopt;
    if (!at(name).is_object()) refuse(name, "must be an object");
    return Params(at(name).get_object(), where_ + std::string(name) + ".");
}

bool Params::has(std::string_view name) const { return object_.contains(name); }

void Params::refuse(std::string_view name, const std::string& what) const {
    throw Error("parameter " + where_ + std::string(name) + " " + what);
}

void Params::done() const {
    for (const auto& member : object_) {
        if (std::find(asked_.begin(), asked_.end(), member.key()) == asked_.end())
            refuse(member.key(), "is unknown");
    }
}

}  // namespace spillway::replay
