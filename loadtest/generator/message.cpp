#include "generator/message.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "http/syntax.hpp"

namespace spillway::loadtest {

namespace {

/// Up to here the body is sent as one piece with the head: one copy at the start is cheaper than
/// two pieces for each request.
constexpr std::size_t joined_bytes_max = 16 * 1024;

std::string body_of(const scenario::Body& body) {
    if (body.file.empty()) return std::string(body.size, 'x');
    std::ifstream file(body.file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) throw std::runtime_error(body.file + ": cannot be read");
    return bytes;
}

bool has_header(const scenario::Client& client, std::string_view wanted) {
    for (const auto& [name, value] : client.headers)
        if (http::equals_ignoring_case(name, wanted)) return true;
    return false;
}

/// `Request-Timeout` takes seconds, with decimals.
std::string seconds(scenario::Millis d) {
    const auto ms = d.count();
    std::string text = std::to_string(ms / 1000);
    if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
    return text;
}

std::string head_of(const scenario::Client& client, std::string_view authority,
                    std::size_t body_size, bool closes) {
    std::string head = client.method + " " + client.path + " HTTP/1.1\r\n";
    const auto field = [&](std::string_view name, const std::string& value) {
        if (has_header(client, name)) return;
        head.append(name).append(": ").append(value).append("\r\n");
    };
    field("Host", std::string(authority));
    field("User-Agent", "spillway-load");
    for (const auto& [name, value] : client.headers) head += name + ": " + value + "\r\n";
    if (client.urgency) field("Priority", "u=" + std::to_string(*client.urgency));
    if (client.deadline) field("Request-Timeout", seconds(*client.deadline));
    if (closes) field("Connection", "close");
    if (body_size > 0 || client.method == "POST" || client.method == "PUT")
        field("Content-Length", std::to_string(body_size));
    return head + "\r\n";
}

}  // namespace

Kind::Kind(const scenario::Client& client, std::string_view authority)
    : client_(&client), body_(body_of(client.body)), is_head_(client.method == "HEAD") {
    head_ = head_of(client, authority, body_.size(), wants_own_connection());
    const std::string path = client.path.substr(0, client.path.find('?'));
    if (!scenario::Template(path).has_placeholders()) route_ = path;
    auto made = std::make_unique<scenario::Template>(head_);
    if (made->has_placeholders()) {
        template_ = std::move(made);
    } else if (body_.size() <= joined_bytes_max) {
        head_ += body_;
        body_.clear();
    }
}

Message Kind::message(std::string& rendered, std::uint64_t number, std::string_view tenant,
                      scenario::Random& random) const {
    if (!template_) return {head_, body_};
    rendered.clear();
    template_->render(rendered, number, tenant, random);
    return {rendered, body_};
}

}  // namespace spillway::loadtest
