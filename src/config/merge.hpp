#pragma once
// The merge rule: maps merge key by key, everything else replaces. Pure.

#include <string>
#include <string_view>

#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// Lays `over` on `base`. A map with nothing in it, or no value at all where `base` has a map,
/// changes nothing.
void merge(Value& base, Value over);

/// Lays `over` at `key_path` of `root`. Parts that are no key yet become one (the reader then says
/// whether the schema knows them); in a list a part is an index that must exist. With `is_loose`
/// a part also finds a key that differs in case, or by - for _.
void merge_at(Value& root, std::string_view key_path, Value over, bool is_loose,
              Problems& problems);

}  // namespace spillway::config
