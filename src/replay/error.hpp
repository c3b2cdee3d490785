#pragma once
// What is wrong with a header or a sample line, in one line of text.

#include <stdexcept>

namespace spillway::replay {

/// Thrown while a line is read; Session answers it as `error TEXT`.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace spillway::replay
