#include "replay/session.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <istream>
#include <ostream>

#include "replay/error.hpp"

namespace spillway::replay {
namespace {

constexpr std::string_view header_word = "algorithm";

bool is_header(std::string_view line) {
    return line.starts_with(header_word) &&
           (line.size() == header_word.size() || line[header_word.size()] == ' ');
}

const Algorithm& find(std::string_view name) {
    const auto known = algorithms();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [name](const Algorithm& a) { return a.name == name; });
    if (found != known.end()) return *found;
    std::string text = "unknown algorithm '" + std::string(name) + "' (known:";
    for (const auto& algorithm : known) text += " " + std::string(algorithm.name);
    throw Error(text + ")");
}

Params parse_params(std::string_view json) {
    boost::json::error_code failed;
    const auto value = boost::json::parse(json, failed);
    if (failed) throw Error("the parameters are no JSON: " + failed.message());
    if (!value.is_object()) throw Error("the parameters must be a JSON object");
    return Params(value.get_object());
}

/// An answer is one line, whatever was in the input.
std::string as_error(const std::string& what) {
    std::string text = "error " + what;
    std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
    return text;
}

}  // namespace

std::optional<std::string> Session::answer(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') return std::nullopt;
    try {
        if (is_header(line)) {
            select(line);
            return std::nullopt;
        }
        if (is_ignoring_) return std::nullopt;
        if (!running_) throw Error("no algorithm has been selected");
        const Fields fields(line);
        if (fields.size() != inputs_)
            throw Error("expected " + std::to_string(inputs_) + " fields, found " +
                        std::to_string(fields.size()));
        return running_(fields).text();
    } catch (const Error& error) {
        if (is_header(line)) saw_bad_header_ = true;
        return as_error(error.what());
    }
}

void Session::select(std::string_view header) {
    running_ = nullptr;
    is_ignoring_ = true;
    header.remove_prefix(header_word.size());
    if (header.starts_with(' ')) header.remove_prefix(1);
    const auto space = header.find(' ');
    const Algorithm& algorithm = find(header.substr(0, space));
    const auto json = space == std::string_view::npos ? "" : header.substr(space + 1);
    const Params params = parse_params(json);
    Instance made = algorithm.make(params);
    params.done();
    running_ = std::move(made);
    inputs_ = algorithm.inputs;
    is_ignoring_ = false;
}

bool replay(std::istream& in, std::ostream& out) {
    Session session;
    std::string line;
    while (std::getline(in, line)) {
        // Flushed each: whoever drives this one sample at a time waits for the answer.
        if (const auto answer = session.answer(line)) out << *answer << '\n' << std::flush;
    }
    return !session.saw_bad_header();
}

}  // namespace spillway::replay
