#pragma once
// What all pages share: a document that needs nothing but itself.

#include <string>
#include <string_view>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

/// A figure that stands out.
struct Tile {
    std::string name;
    std::string value;
    std::string note;
    std::string css_class;  // colour of its edge; empty: none
};

/// A whole document round `body`. No script, nothing fetched; `title` is escaped here.
[[nodiscard]] std::string page(std::string_view title, const std::string& body);

[[nodiscard]] std::string tiles(const std::vector<Tile>& tiles);

/// "open loop against http://..., 35 s from 2026-01-31T12:00:00Z, seed 1"
[[nodiscard]] std::string description_of(const Result& result);

/// Goodput, latencies and refusals of a run.
[[nodiscard]] std::vector<Tile> tiles_of(const Result& result);

}  // namespace spillway::loadtest
