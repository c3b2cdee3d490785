#pragma once
// What the tables of the schema are made of: keys for single values, lists and sections.

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/emit.hpp"
#include "config/rule.hpp"
#include "config/schema.hpp"

namespace spillway::config {

/// `error (allowed: ...)` at the value.
void complain(Problems& problems, const Value& value, std::string_view path, std::string error,
              std::string_view allowed);

/// Complains of a key that a section does not have, and names the nearest that it has.
void complain_of_key(Problems& problems, const Value& entry, const std::string& path,
                     const std::vector<std::string>& known);

/// True when `value` is a map, or nothing: a section whose every line is commented out.
[[nodiscard]] bool is_section(const Value& value, std::string_view path,
                              const std::vector<std::string>& known, Problems& problems);

/// This word, where a section may stand.
[[nodiscard]] bool is_word(const Value& value, std::string_view word);

/// Complains of keys that cannot name a pool or limiter: names are in key paths and metric labels.
void check_names(const Value& map, const std::string& path, Problems& problems);

/// `low`..`high` single values, each of which is there once.
struct WordList {
    Rule<std::string> rule;
    std::size_t low;
    std::size_t high;

    [[nodiscard]] std::string allowed() const;
    void read(const Value& value, const std::string& path, std::vector<std::string>& words,
              Problems& problems) const;
    [[nodiscard]] Value write(const std::vector<std::string>& words) const;
};

/// True when `value` is a list of at most `high` maps.
[[nodiscard]] bool is_section_list(const Value& value, std::string_view path, std::size_t high,
                                   Problems& problems);

template <typename Section>
void read_section(const Value& value, const std::string& path, Section& section,
                  Problems& problems) {
    const Table<Section>& schema = table<Section>();
    std::vector<std::string> names;
    for (const Key<Section>& key : schema.keys) names.push_back(key.name);
    if (!is_section(value, path, names, problems)) return;

    for (const Value& entry : value.children) {
        const std::string entry_path = join(path, entry.key);
        const auto found = std::find(names.begin(), names.end(), entry.key);
        if (found == names.end()) {
            complain_of_key(problems, entry, entry_path, names);
            continue;
        }
        const auto index = static_cast<std::size_t>(found - names.begin());
        schema.keys[index].read(entry, entry_path, section, problems);
    }
    for (const Key<Section>& key : schema.keys) {
        if (!key.is_required || value.find(key.name) != nullptr) continue;
        problems.add(value.place, join(path, key.name), "is missing (it has no default)");
    }
}

template <typename Section>
Value write_section(const Section& section) {
    Value map = Value::map();
    for (const Key<Section>& key : table<Section>().keys) {
        if (key.applies && !key.applies(section)) continue;
        map.add(key.name, key.write(section));
    }
    return map;
}

template <typename Section>
void describe_section(const std::string& path, std::vector<KeyInfo>& keys) {
    for (const Key<Section>& key : table<Section>().keys) key.describe(join(path, key.name), keys);
}

/// A single value.
template <typename Section, typename T>
Key<Section> key(std::string name, T Section::* member, Rule<T> rule) {
    return {std::move(name),
            [member, rule](const Value& value, const std::string& path, Section& section,
                           Problems& problems) {
                Parsed<T> parsed = value.is_null() ? Parsed<T>{{}, "is empty"} : rule.parse(value);
                if (parsed.value) {
                    section.*member = std::move(*parsed.value);
                } else {
                    complain(problems, value, path, std::move(parsed.error), rule.allowed);
                }
            },
            [member, rule](const Section& section) { return rule.format(section.*member); },
            [member, rule](const std::string& path, std::vector<KeyInfo>& keys) {
                keys.push_back({path, emit_line(rule.format(Section{}.*member)), rule.allowed});
            }};
}

/// A list of single values.
template <typename Section>
Key<Section> key(std::string name, std::vector<std::string> Section::* member, WordList words) {
    return {
        std::move(name),
        [member, words](const Value& value, const std::string& path, Section& section,
                        Problems& problems) { words.read(value, path, section.*member, problems); },
        [member, words](const Section& section) { return words.write(section.*member); },
        [member, words](const std::string& path, std::vector<KeyInfo>& keys) {
            keys.push_back({path, emit_line(words.write(Section{}.*member)), words.allowed()});
        }};
}

/// The same key without a default.
template <typename Section>
Key<Section> required(Key<Section> key) {
    key.is_required = true;
    key.describe = [describe = key.describe](const std::string& path, std::vector<KeyInfo>& keys) {
        describe(path, keys);
        if (keys.back().path == path) keys.back().default_text.clear();  // not of a section's keys
    };
    return key;
}

/// A section of its own.
template <typename Section, typename Inner>
Key<Section> section(std::string name, Inner Section::* member) {
    return {std::move(name),
            [member](const Value& value, const std::string& path, Section& outer,
                     Problems& problems) { read_section(value, path, outer.*member, problems); },
            [member](const Section& outer) { return write_section(outer.*member); },
            [](const std::string& path, std::vector<KeyInfo>& keys) {
                describe_section<Inner>(path, keys);
            }};
}

/// A section that is not there unless it is written: then `word` stands for it. A bare key is a
/// section of defaults.
template <typename Section, typename Inner>
Key<Section> section_or(std::string word, std::string name,
                        std::optional<Inner> Section::* member) {
    return {std::move(name),
            [member, word](const Value& value, const std::string& path, Section& outer,
                           Problems& problems) {
                if (is_word(value, word)) return (outer.*member).reset();
                if (!(outer.*member)) (outer.*member).emplace();
                read_section(value, path, *(outer.*member), problems);
            },
            [member, word](const Section& outer) {
                return outer.*member ? write_section(*(outer.*member)) : Value::scalar(word);
            },
            [word](const std::string& path, std::vector<KeyInfo>& keys) {
                std::string names;
                for (const Key<Inner>& inner : table<Inner>().keys)
                    names += (names.empty() ? "" : ", ") + inner.name;
                keys.push_back({path, word, word + ", or a map of " + names});
                describe_section<Inner>(path, keys);
            }};
}

template <typename Section, typename Inner>
Key<Section> section_or_off(std::string name, std::optional<Inner> Section::* member) {
    return section_or("off", std::move(name), member);
}

/// A section with the keys of another one of the same outer section, which are described there.
template <typename Section, typename Inner>
Key<Section> section_or_live(std::string name, std::optional<Inner> Section::* member) {
    Key<Section> key = section_or("live", name, member);
    key.describe = [name](const std::string& path, std::vector<KeyInfo>& keys) {
        keys.push_back({path, "live", "live, or a map of the keys of " + name});
    };
    return key;
}

/// Sections under names of the operator's choice.
template <typename Section, typename Inner>
Key<Section> named_sections(std::string name, std::map<std::string, Inner> Section::* member) {
    return {
        std::move(name),
        [member](const Value& value, const std::string& path, Section& outer, Problems& problems) {
            if (!is_section(value, path, {"a map under each name"}, problems)) return;
            check_names(value, path, problems);
            for (const Value& entry : value.children) {
                read_section(entry, join(path, entry.key), (outer.*member)[entry.key], problems);
            }
        },
        [member](const Section& outer) {
            Value map = Value::map();
            for (const auto& [key, inner] : outer.*member) map.add(key, write_section(inner));
            return map;
        },
        [](const std::string& path, std::vector<KeyInfo>& keys) {
            describe_section<Inner>(join(path, "NAME"), keys);
        }};
}

/// Single values under names of the user's choice; `check` complains of the names.
template <typename Section, typename T>
Key<Section> named_values(std::string name, std::map<std::string, T> Section::* member,
                          Rule<T> rule,
                          std::function<void(const Value&, const std::string&, Problems&)> check) {
    return {std::move(name),
            [member, rule, check](const Value& value, const std::string& path, Section& outer,
                                  Problems& problems) {
                if (!is_section(value, path, {"a value under each name"}, problems)) return;
                check(value, path, problems);
                for (const Value& entry : value.children) {
                    Parsed<T> parsed =
                        entry.is_null() ? Parsed<T>{{}, "is empty"} : rule.parse(entry);
                    if (parsed.value) {
                        (outer.*member)[entry.key] = std::move(*parsed.value);
                    } else {
                        complain(problems, entry, join(path, entry.key), std::move(parsed.error),
                                 rule.allowed);
                    }
                }
            },
            [member, rule](const Section& outer) {
                Value map = Value::map();
                for (const auto& [key, value] : outer.*member) map.add(key, rule.format(value));
                return map;
            },
            [rule](const std::string& path, std::vector<KeyInfo>& keys) {
                keys.push_back({join(path, "NAME"), "{}", rule.allowed});
            }};
}

/// A list of sections; a list that is given replaces the one before.
template <typename Section, typename Inner>
Key<Section> section_list(std::string name, std::vector<Inner> Section::* member,
                          std::size_t high) {
    return {std::move(name),
            [member, high](const Value& value, const std::string& path, Section& outer,
                           Problems& problems) {
                if (!is_section_list(value, path, high, problems)) return;
                (outer.*member).assign(value.children.size(), Inner{});
                for (std::size_t i = 0; i < value.children.size(); ++i) {
                    read_section(value.children[i], join(path, std::to_string(i)),
                                 (outer.*member)[i], problems);
                }
            },
            [member](const Section& outer) {
                Value items = Value::list();
                for (const Inner& inner : outer.*member) {
                    items.children.push_back(write_section(inner));
                }
                return items;
            },
            [](const std::string& path, std::vector<KeyInfo>& keys) {
                describe_section<Inner>(join(path, "N"), keys);
            }};
}

}  // namespace spillway::config
