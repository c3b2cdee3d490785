#include "app/handover_message.hpp"

#include <charconv>

namespace spillway::app::handover {
namespace {

constexpr std::string_view magic = "spillway-handover";
constexpr std::size_t why_bytes_max = 400;

/// Words of a line, lines of a text: what comes before the mark is cut off.
std::string_view next(std::string_view& text, char mark) {
    const auto end = text.find(mark);
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return part;
}

std::optional<std::size_t> number(std::string_view text) {
    std::size_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<SocketNote> note(std::string_view line) {
    if (line == "public") return SocketNote{false, false};
    if (line == "public kept") return SocketNote{false, true};
    if (line == "control") return SocketNote{true, false};
    if (line == "control kept") return SocketNote{true, true};
    return std::nullopt;
}

std::optional<Message> decode_sockets(std::string_view words, std::string_view lines) {
    const auto first = number(next(words, ' '));
    const auto total = number(next(words, ' '));
    if (!first || !total || !words.empty() || *total == 0 || *total > sockets_max)
        return std::nullopt;
    Sockets sockets{*first, *total, {}};
    while (!lines.empty()) {
        const auto one = note(next(lines, '\n'));
        if (!one || sockets.notes.size() == sockets_in_message_max) return std::nullopt;
        sockets.notes.push_back(*one);
    }
    if (sockets.notes.empty() || *first >= *total || sockets.notes.size() > *total - *first)
        return std::nullopt;
    return sockets;
}

std::optional<Message> decode_ready(std::string_view words) {
    Ready ready;
    while (!words.empty()) {
        const auto index = number(next(words, ' '));
        if (!index || *index >= sockets_max || ready.unwanted.size() == sockets_max)
            return std::nullopt;
        ready.unwanted.push_back(*index);
    }
    return ready;
}

std::string head(std::string_view verb, unsigned of_version = version) {
    std::string line;
    line.append(magic).append(1, ' ').append(std::to_string(of_version));
    return line.append(1, ' ').append(verb);
}

struct Encode {
    std::string operator()(const Take& take) const { return head("take", take.version) + '\n'; }
    std::string operator()(const Sockets& sockets) const {
        std::string text = head("sockets") + ' ' + std::to_string(sockets.first) + ' ' +
                           std::to_string(sockets.total) + '\n';
        for (const SocketNote& one : sockets.notes) {
            text += one.is_control ? "control" : "public";
            text += one.is_kept ? " kept\n" : "\n";
        }
        return text;
    }
    std::string operator()(const Ready& ready) const {
        std::string text = head("ready");
        for (const std::size_t index : ready.unwanted) text += ' ' + std::to_string(index);
        return text + '\n';
    }
    std::string operator()(const Released&) const { return head("released") + '\n'; }
    std::string operator()(const Refused& refused) const {
        return head("refused") + '\n' + refused.why.substr(0, why_bytes_max) + '\n';
    }
};

}  // namespace

std::string encode(const Message& message) { return std::visit(Encode{}, message); }

std::optional<Message> decode(std::string_view packet) {
    if (packet.size() > message_bytes_max || !packet.ends_with('\n')) return std::nullopt;
    std::string_view words = next(packet, '\n');
    if (next(words, ' ') != magic) return std::nullopt;
    const auto spoken = number(next(words, ' '));
    if (!spoken || *spoken == 0 || *spoken > 1'000'000) return std::nullopt;
    const std::string_view verb = next(words, ' ');
    if (verb == "take") return Take{static_cast<unsigned>(*spoken)};
    if (verb == "refused") return Refused{std::string(next(packet, '\n').substr(0, why_bytes_max))};
    if (*spoken != version) return std::nullopt;
    if (verb == "sockets") return decode_sockets(words, packet);
    if (verb == "ready") return decode_ready(words);
    if (verb == "released") return Released{};
    return std::nullopt;
}

}  // namespace spillway::app::handover
