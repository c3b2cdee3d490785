#include <array>
#include <charconv>
#include <string_view>

#include "simulate/report.hpp"

namespace spillway::simulate {

namespace {

/// The few shapes that are needed here; a library enters by other rooms.
class JsonWriter {
public:
    void open(char bracket) {
        separate();
        text_ += bracket;
        is_first_ = true;
    }
    void close(char bracket) {
        text_ += bracket;
        is_first_ = false;
    }
    void name(std::string_view name) {
        separate();
        quote(name);
        text_ += ':';
        is_first_ = true;
    }
    void value(std::string_view text) {
        separate();
        quote(text);
    }
    void value(double number) { write(number); }
    void value(std::uint64_t number) { write(number); }

    template <typename T>
    void field(std::string_view key, const T& what) {
        name(key);
        value(what);
    }

    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void separate() {
        if (!is_first_) text_ += ',';
        is_first_ = false;
    }

    template <typename T>
    void write(T number) {
        separate();
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        text_.append(digits.data(), end);
    }

    void quote(std::string_view text) {
        constexpr std::string_view hex = "0123456789abcdef";
        text_ += '"';
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20) {
                text_.append("\\u00").append(1, hex[byte >> 4U]).append(1, hex[byte & 15U]);
                continue;
            }
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
        text_ += '"';
    }

    std::string text_;
    bool is_first_ = true;
};

void write_fields(JsonWriter& json, const Account& account) {
    json.field("offered", account.offered);
    json.field("retries", account.retries);
    json.field("good", account.good);
    json.field("late", account.late);
    json.field("timed_out", account.timed_out);
    json.name("rejected");
    json.open('{');
    for (std::size_t i = 0; i < account.rejected.size(); ++i) {
        if (account.rejected[i] == 0) continue;
        json.field(to_string(static_cast<core::RejectReason>(i)), account.rejected[i]);
    }
    json.close('}');
    json.field("rejected_total", account.rejected_sum());
    json.field("dropped", account.dropped());
    json.field("accepted", account.accepted());
}

void write_latency(JsonWriter& json, std::string_view name, const scenario::Histogram& times) {
    json.name(name);
    json.open('{');
    json.field("count", times.count());
    json.field("mean", core::to_seconds(times.mean()));
    json.field("p50", core::to_seconds(times.at(0.5)));
    json.field("p90", core::to_seconds(times.at(0.9)));
    json.field("p99", core::to_seconds(times.at(0.99)));
    json.field("p999", core::to_seconds(times.at(0.999)));
    json.field("max", core::to_seconds(times.max()));
    json.close('}');
}

void write_groups(JsonWriter& json, std::string_view name, const std::vector<Group>& groups,
                  bool has_parts) {
    json.name(name);
    json.open('[');
    for (const Group& group : groups) {
        json.open('{');
        json.field("name", std::string_view{group.name});
        write_fields(json, group.account);
        json.field("offered_work", group.offered_work);
        json.field("good_work", group.good_work);
        if (has_parts) json.field("fair_work", group.fair_work);
        json.close('}');
    }
    json.close(']');
}

void write_judgement(JsonWriter& json, const Result& result) {
    json.field("good_work", result.good_work);
    json.field("optimum_work", result.optimum_work);
    json.field("goodput_share", result.goodput_share());
    json.field("jain", result.jain);
    json.name("convergence");
    json.open('{');
    json.field("longest", core::to_seconds(result.convergence.longest));
    json.field("disturbances", std::uint64_t{result.convergence.disturbances});
    json.field("unsettled", std::uint64_t{result.convergence.unsettled});
    json.close('}');
    json.name("limit");
    json.open('{');
    json.field("min", std::uint64_t{result.limit.min});
    json.field("mean", result.limit.mean);
    json.field("max", std::uint64_t{result.limit.max});
    json.field("last", std::uint64_t{result.limit.last});
    json.field("best", result.best_limit);
    json.close('}');
}

}  // namespace

std::string to_json(const scenario::Scenario& scenario, const Result& result) {
    JsonWriter json;
    json.open('{');
    json.field("scenario", std::string_view{scenario.name});
    json.field("seed", scenario.seed);
    json.field("algorithm", std::string_view{scenario.limiter.limit.algorithm});
    json.field("discipline", std::string_view{scenario.limiter.queue.discipline});
    json.field("seconds", core::to_seconds(result.length));
    json.field("seconds_measured", core::to_seconds(result.measured));
    json.field("requests", result.requests);
    json.name("account");
    json.open('{');
    write_fields(json, result.account);
    json.close('}');
    write_judgement(json, result);
    json.name("latency");
    json.open('{');
    write_latency(json, "wait", result.wait);
    write_latency(json, "service", result.service);
    write_latency(json, "answer", result.total);
    write_latency(json, "refusal", result.refused);
    json.close('}');
    write_groups(json, "clients", result.kinds, false);
    write_groups(json, "tenants", result.tenants, true);
    json.close('}');
    return std::move(json).take() + '\n';
}

}  // namespace spillway::simulate
