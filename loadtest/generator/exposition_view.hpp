#pragma once
// Reads figures out of a Prometheus text exposition.

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::loadtest {

struct Sample {
    std::map<std::string, std::string, std::less<>> labels;
    double value = 0;
};

/// One scrape: the counters and gauges whose names begin with `spillway_`, known here without it,
/// and `process_start_time_seconds`. Others, and buckets of histograms, are passed over. Lines that
/// are no samples are passed over too.
class ExpositionView {
public:
    using Label = std::pair<std::string_view, std::string_view>;

    ExpositionView() = default;
    explicit ExpositionView(std::string_view text);

    [[nodiscard]] bool empty() const { return samples_.empty(); }

    /// Sum over the samples of `name` (without its prefix) that carry at least these labels.
    [[nodiscard]] double sum(std::string_view name, std::initializer_list<Label> labels = {}) const;
    [[nodiscard]] bool has(std::string_view name, std::initializer_list<Label> labels = {}) const;
    /// All samples of `name`; empty without any.
    [[nodiscard]] const std::vector<Sample>& all(std::string_view name) const;
    /// The values that `label` has in samples of `name`, each once, ascending.
    [[nodiscard]] std::vector<std::string> values_of(std::string_view name,
                                                     std::string_view label) const;

private:
    std::map<std::string, std::vector<Sample>, std::less<>> samples_;
};

}  // namespace spillway::loadtest
