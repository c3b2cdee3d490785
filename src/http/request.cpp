#include "spillway/http/request.hpp"

#include <array>
#include <boost/url/encoding_opts.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/url_view.hpp>

#include "http/syntax.hpp"

namespace spillway::http {
namespace {

constexpr std::array<std::string_view, 7> method_names{"GET",   "HEAD",   "POST",   "PUT",
                                                       "PATCH", "DELETE", "OPTIONS"};

}  // namespace

std::string_view to_string(Method method) noexcept {
    const auto index = static_cast<std::size_t>(method);
    return index < method_names.size() ? method_names[index] : "other";
}

Method parse_method(std::string_view token) noexcept {
    for (std::size_t i = 0; i < method_names.size(); ++i)
        if (token == method_names[i]) return static_cast<Method>(i);
    return Method::other;
}

std::string MethodSet::to_string() const {
    std::string text;
    for (std::size_t i = 0; i < method_names.size(); ++i) {
        if (!contains(static_cast<Method>(i))) continue;
        if (!text.empty()) text += ", ";
        text += method_names[i];
    }
    return text;
}

std::string_view RequestHead::find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < field_count(); ++i) {
        const FieldView f = field(i);
        if (equals_ignoring_case(f.name, name)) return f.value;
    }
    return {};
}

std::string decode_path(std::string_view path) {
    const auto encoded = boost::urls::make_pct_string_view({path.data(), path.size()});
    return encoded ? encoded->decode() : std::string();
}

std::optional<QueryParams> decode_query(std::string_view query) {
    QueryParams params;
    if (query.empty()) return params;
    // Boost 1.81's parse_query() reads past the end of its input; a whole reference is parsed
    // right, unless there is a fragment in it, which no query has.
    if (query.find('#') != std::string_view::npos) return std::nullopt;
    const std::string reference = '?' + std::string(query);
    const auto parsed = boost::urls::parse_relative_ref(reference);
    if (!parsed) return std::nullopt;
    boost::urls::encoding_opts form;
    form.space_as_plus = true;
    for (const auto& param : parsed->params(form)) params.emplace_back(param.key, param.value);
    return params;
}

}  // namespace spillway::http
