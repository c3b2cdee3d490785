#pragma once
// The line protocol of `spillway replay`: a line in, an answer out.
//
//     algorithm NAME {json}    selects an algorithm and starts it anew; answered only if it is
//     wrong FIELD,FIELD,...          one sample; answered with one line # anything ignored, as
//     empty lines are
//
// What cannot be used is answered `error TEXT`. After a header that cannot be used, samples are
// ignored until the next one.

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "replay/algorithm.hpp"

namespace spillway::replay {

class Session {
public:
    /// The answer to this line (without its line end), if there is one.
    [[nodiscard]] std::optional<std::string> answer(std::string_view line);

    /// Some header could not be used.
    [[nodiscard]] bool saw_bad_header() const noexcept { return saw_bad_header_; }

private:
    void select(std::string_view header);

    std::size_t inputs_ = 0;
    Instance running_;
    bool is_ignoring_ = false;
    bool saw_bad_header_ = false;
};

/// Answers every line of `in` on `out`, each at once. True if every header could be used.
bool replay(std::istream& in, std::ostream& out);

}  // namespace spillway::replay
