#include "replay/fields.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "replay/error.hpp"

namespace spillway::replay {

Fields::Fields(std::string_view line) {
    for (;;) {
        const auto comma = line.find(',');
        fields_.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return;
        line.remove_prefix(comma + 1);
    }
}

std::int64_t Fields::integer(std::size_t i, std::string_view name, std::int64_t from,
                             std::int64_t to) const {
    const auto field = fields_.at(i);
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (failed != std::errc{} || end != field.data() + field.size())
        throw Error(std::string(name) + " must be a whole number");
    if (value < from) throw Error(std::string(name) + " must be at least " + std::to_string(from));
    if (value > to) throw Error(std::string(name) + " must be at most " + std::to_string(to));
    return value;
}

double Fields::number(std::size_t i, std::string_view name) const {
    const auto field = fields_.at(i);
    double value = 0;
    const auto [end, failed] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (failed != std::errc{} || end != field.data() + field.size() || !std::isfinite(value))
        throw Error(std::string(name) + " must be a number");
    return value;
}

bool Fields::flag(std::size_t i, std::string_view name) const {
    const auto field = fields_.at(i);
    if (field != "0" && field != "1") throw Error(std::string(name) + " must be 0 or 1");
    return field == "1";
}

Answer& Answer::add(double value) {
    std::array<char, 32> digits{};
    const auto [end, failed] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return add_text(
        failed == std::errc{}
            ? std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()))
            : "nan");
}

Answer& Answer::add_text(std::string_view text) {
    if (!text_.empty()) text_ += ',';
    text_ += text;
    return *this;
}

}  // namespace spillway::replay
