#include "generator/exposition_view.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace spillway::loadtest {

namespace {

constexpr std::string_view prefix = "spillway_";
constexpr std::string_view other = "process_start_time_seconds";

/// Reads `name="value",...}` from `rest` on; false when it is something else.
bool read_labels(std::string_view& rest, Sample& sample) {
    while (!rest.empty() && rest.front() != '}') {
        const auto equals = rest.find("=\"");
        if (equals == std::string_view::npos) return false;
        const std::string name(rest.substr(0, equals));
        rest.remove_prefix(equals + 2);
        std::string value;
        while (!rest.empty() && rest.front() != '"') {
            if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
            value += rest.front();
            rest.remove_prefix(1);
        }
        if (rest.empty()) return false;
        rest.remove_prefix(1);
        if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
        sample.labels.insert_or_assign(name, value);
    }
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    return true;
}

bool carries(const Sample& sample, std::initializer_list<ExpositionView::Label> labels) {
    return std::all_of(labels.begin(), labels.end(), [&](const ExpositionView::Label& label) {
        const auto found = sample.labels.find(label.first);
        return found != sample.labels.end() && found->second == label.second;
    });
}

}  // namespace

ExpositionView::ExpositionView(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with(prefix))
            line.remove_prefix(prefix.size());
        else if (!line.starts_with(other))
            continue;
        const auto name_end = line.find_first_of("{ ");
        if (name_end == std::string_view::npos) continue;
        const auto name = line.substr(0, name_end);
        if (name.ends_with("_bucket")) continue;
        Sample sample;
        const bool has_labels = line[name_end] == '{';
        line.remove_prefix(name_end + (has_labels ? 1 : 0));
        if (has_labels && !read_labels(line, sample)) continue;
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        const auto* const last = line.data() + line.size();
        if (std::from_chars(line.data(), last, sample.value).ec != std::errc{}) continue;
        samples_[std::string(name)].push_back(std::move(sample));
    }
}

const std::vector<Sample>& ExpositionView::all(std::string_view name) const {
    static const std::vector<Sample> none;
    const auto found = samples_.find(name);
    return found == samples_.end() ? none : found->second;
}

double ExpositionView::sum(std::string_view name, std::initializer_list<Label> labels) const {
    double sum = 0;
    for (const auto& sample : all(name))
        if (carries(sample, labels)) sum += sample.value;
    return sum;
}

bool ExpositionView::has(std::string_view name, std::initializer_list<Label> labels) const {
    const auto& samples = all(name);
    return std::any_of(samples.begin(), samples.end(),
                       [&](const Sample& sample) { return carries(sample, labels); });
}

std::vector<std::string> ExpositionView::values_of(std::string_view name,
                                                   std::string_view label) const {
    std::set<std::string> values;
    for (const auto& sample : all(name)) {
        const auto found = sample.labels.find(label);
        if (found != sample.labels.end()) values.insert(found->second);
    }
    return {values.begin(), values.end()};
}

}  // namespace spillway::loadtest
