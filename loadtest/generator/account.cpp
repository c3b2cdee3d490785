#include "generator/account.hpp"

#include <algorithm>

#include "spillway/core/assert.hpp"

namespace spillway::loadtest {

void RefusalTable::add(unsigned status, std::string_view reason) {
    reason = reason.substr(0, reason_bytes_max);
    const auto find = [this, status](std::string_view wanted) {
        return std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
            return row.status == status && row.reason == wanted;
        });
    };
    if (const auto row = find(reason); row != rows_.end()) {
        ++row->count;
    } else if (rows_.size() < capacity) {
        rows_.push_back({status, std::string(reason), 1});
    } else {
        // One row for all that do not fit, whatever their status.
        if (rows_.size() == capacity) rows_.push_back({0, "other", 0});
        ++rows_.back().count;
    }
}

std::vector<RefusalTable::Row> RefusalTable::sorted() const {
    auto rows = rows_;
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.count > b.count; });
    return rows;
}

Ending Account::answered(const Answer& answer, core::Duration latency, core::Duration objective) {
    Ending ending = ending_of(answer);
    if (ending == Ending::good && latency > objective) ending = Ending::late;
    end(ending);
    switch (ending) {
        case Ending::rejected:
            refusals_.add(answer.status, answer.reason);
            refused_.record(latency);
            break;
        case Ending::error:
            ++errors_[std::min(answer.status, status_max - 1)];
            break;
        default:
            admitted_.record(latency);
    }
    return ending;
}

std::vector<std::pair<unsigned, std::uint64_t>> Account::errors() const {
    std::vector<std::pair<unsigned, std::uint64_t>> found;
    for (unsigned status = 0; status < status_max; ++status)
        if (errors_[status] > 0) found.emplace_back(status, errors_[status]);
    return found;
}

void Account::end(Ending ending) noexcept {
    ++endings_[index(ending)];
    ++ended_;
    SPILLWAY_ASSERT(ended_ <= offered_);
}

}  // namespace spillway::loadtest
