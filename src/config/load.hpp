#pragma once
// Defaults, file, environment and --set to one checked configuration.

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/override.hpp"
#include "config/problem.hpp"

namespace spillway::config {

struct Loaded {
    Config config;                      // to be used only when there are no problems
    std::vector<Problem> problems;      // all of them, those of the file first, by line
    std::vector<std::string> warnings;  // it will run, but perhaps not as meant
};

/// Whether the files that a configuration names are looked into: who only prints it, or asks a
/// service that has them, need not be allowed to read its key.
enum class NamedFiles : bool { unread, checked };

/// Later layers win: the defaults, the file, then `overrides` in their order (environment before
/// --set). What the file says is checked also where an override replaces it. `machine` is what
/// `auto` is checked against. Reads the file and those that it names, otherwise pure; never throws
/// but bad_alloc.
[[nodiscard]] Loaded load(const std::optional<std::string>& file_path,
                          const std::vector<Override>& overrides, const Machine& machine,
                          NamedFiles files = NamedFiles::checked);

/// The same with the text of the file at hand, pure; `name` is what the problems call it.
[[nodiscard]] Loaded load_text(const std::string& text, const std::string& name,
                               const std::vector<Override>& overrides, const Machine& machine);

}  // namespace spillway::config
