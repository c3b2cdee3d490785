#include "config/check_files.hpp"

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <variant>

#include "spillway/tls/context.hpp"

namespace spillway::config {

namespace {

struct Named {
    std::string_view path;
    const std::optional<Tls>& tls;
};

std::vector<Named> all_tls(const Config& config) {
    return {{"server.tls", config.server.tls}, {"control.tls", config.control.tls}};
}

tls::Files files_of(const Tls& tls) { return {.certificate = tls.certificate, .key = tls.key}; }

/// The group may read: a secret that a cluster mounts belongs to root and to the pod's group.
std::string mode_warning(const std::string& path) {
    struct stat seen{};
    if (::stat(path.c_str(), &seen) != 0 || (seen.st_mode & S_IRWXO) == 0) return {};
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", seen.st_mode & 07777U);
    return path + " holds a secret and is open to every user (mode " + mode.data() +
           "); 0400 is enough";
}

std::int64_t unix_seconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

void check_files(const Config& config, const Value& tree, Problems& problems) {
    for (const auto& [path, tls] : all_tls(config)) {
        if (!tls || problems.has_under(path)) continue;
        const auto loaded = tls::Context::load(files_of(*tls));
        const auto* const problem = std::get_if<tls::Problem>(&loaded);
        if (problem == nullptr) continue;
        const bool is_key = problem->in == tls::Problem::In::key;
        const std::string key = join(path, is_key ? "key" : "certificate");
        problems.add(nearest_value(tree, key).place, key, problem->message);
    }
}

std::vector<std::string> file_warnings(const Config& config) {
    std::vector<std::string> warnings;
    const auto warn_of_mode = [&](const std::string& key, const std::string& file) {
        const std::string warning = mode_warning(file);
        if (!warning.empty()) warnings.push_back(key + ": " + warning);
    };
    for (const auto& [path, tls] : all_tls(config)) {
        if (!tls) continue;
        const auto loaded = tls::Context::load(files_of(*tls));
        const auto* const context = std::get_if<tls::Context::Ptr>(&loaded);
        if (context == nullptr) continue;  // gone since it was checked: whoever uses it will say so
        const std::string wrong = tls::validity_warning((*context)->valid_from(),
                                                        (*context)->valid_until(), unix_seconds());
        if (!wrong.empty())
            warnings.push_back(join(path, "certificate") + ": " + tls->certificate + ' ' + wrong);
        warn_of_mode(join(path, "key"), tls->key);
    }
    if (!config.control.token_file.empty())
        warn_of_mode("control.token_file", config.control.token_file);
    return warnings;
}

}  // namespace spillway::config
