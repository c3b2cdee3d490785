#pragma once
// A run as one HTML file with its pictures in it: it opens from a disk, in an archive, on paper.

#include <string>

#include "generator/result.hpp"

namespace spillway::loadtest {

/// The whole page. Pure; some hundred kilobytes at most.
[[nodiscard]] std::string report_html(const Result& result);

}  // namespace spillway::loadtest
