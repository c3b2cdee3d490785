#include "telemetry/exposition.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <ostream>
#include <streambuf>

#include "spillway/core/assert.hpp"

namespace spillway::telemetry {
namespace {

// std::ostringstream would copy the whole text once more to hand it out.
class StringSink final : public std::streambuf {
public:
    explicit StringSink(std::string& out) : out_(out) {}

private:
    int_type overflow(int_type c) override {
        if (!traits_type::eq_int_type(c, traits_type::eof())) out_ += traits_type::to_char_type(c);
        return traits_type::not_eof(c);
    }
    std::streamsize xsputn(const char* text, std::streamsize length) override {
        out_.append(text, static_cast<std::size_t>(length));
        return length;
    }

    std::string& out_;
};

// A typical scrape of the service; a larger one grows the string once or twice.
constexpr std::size_t text_bytes_expected = 64 * 1024;

}  // namespace

prometheus::MetricFamily& Exposition::Family::family() const { return owner_.families_[index_]; }

prometheus::ClientMetric& Exposition::Family::append(Labels labels) {
    prometheus::ClientMetric& metric = family().metric.emplace_back();
    metric.label.reserve(labels.size());
    for (const auto& [name, value] : labels) {
        metric.label.push_back({std::string(name), std::string(value)});
    }
    return metric;
}

Exposition::Family& Exposition::Family::add(Labels labels, double value) {
    prometheus::ClientMetric& metric = append(labels);
    if (family().type == prometheus::MetricType::Counter) {
        metric.counter.value = value;
    } else {
        SPILLWAY_ASSERT(family().type == prometheus::MetricType::Gauge);
        metric.gauge.value = value;
    }
    return *this;
}

Exposition::Family& Exposition::Family::add(Labels labels, const HistogramCells& cells) {
    SPILLWAY_ASSERT(family().type == prometheus::MetricType::Histogram);
    SPILLWAY_ASSERT(cells.counts.size() == cells.bounds.size() + 1);
    prometheus::ClientMetric::Histogram& histogram = append(labels).histogram;
    histogram.bucket.reserve(cells.counts.size());
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < cells.counts.size(); ++i) {
        cumulative += cells.counts[i];
        const double bound =
            i < cells.bounds.size() ? cells.bounds[i] : std::numeric_limits<double>::infinity();
        histogram.bucket.push_back({cumulative, bound});
    }
    histogram.sample_count = cumulative;
    histogram.sample_sum = cells.sum;
    return *this;
}

Exposition::Family Exposition::find_or_add(prometheus::MetricType type, std::string_view name,
                                           std::string_view help) {
    const auto same_name = [&](const prometheus::MetricFamily& f) { return f.name == name; };
    const auto found = std::find_if(families_.begin(), families_.end(), same_name);
    const auto index = static_cast<std::size_t>(found - families_.begin());
    if (found == families_.end()) {
        families_.push_back({std::string(name), std::string(help), type, {}});
    }
    SPILLWAY_ASSERT(families_[index].type == type);
    return {*this, index};
}

Exposition::Family Exposition::counter(std::string_view name, std::string_view help) {
    return find_or_add(prometheus::MetricType::Counter, name, help);
}

Exposition::Family Exposition::gauge(std::string_view name, std::string_view help) {
    return find_or_add(prometheus::MetricType::Gauge, name, help);
}

Exposition::Family Exposition::histogram(std::string_view name, std::string_view help) {
    return find_or_add(prometheus::MetricType::Histogram, name, help);
}

std::string Exposition::text() const {
    std::string text;
    text.reserve(text_bytes_expected);
    StringSink sink(text);
    std::ostream out(&sink);
    prometheus::TextSerializer().Serialize(out, families_);
    return text;
}

std::vector<prometheus::MetricFamily> ExpositionCollectable::Collect() const {
    Exposition exposition;
    fill_(exposition);
    return std::move(exposition).families();
}

}  // namespace spillway::telemetry
