#include "telemetry/process_metrics.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::telemetry {
namespace {

// These two files fit in one page; one read() gives a consistent picture.
std::string read_small_file(const char* path) {
    std::string content(4096, '\0');
    const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return {};
    const ssize_t length = ::read(descriptor, content.data(), content.size());
    ::close(descriptor);
    content.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return content;
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        if (end > 0) result.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

/// When the machine booted, in seconds since the Unix epoch; constant, so it is read once.
std::optional<double> boot_time_seconds() {
    static const std::optional<double> boot = []() -> std::optional<double> {
        timespec since_boot{};
        if (::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return std::nullopt;
        const auto epoch = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration<double>(epoch).count() -
               (static_cast<double>(since_boot.tv_sec) +
                static_cast<double>(since_boot.tv_nsec) * 1e-9);
    }();
    return boot;
}

void read_stat(ProcessUsage& usage) {
    const std::string stat = read_small_file("/proc/self/stat");
    // The second field is the program's name in parentheses and may hold anything, also ')'.
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return;
    const auto fields = words(std::string_view(stat).substr(name_end + 1));
    // Numbered as in proc(5), where the field behind the name is the third.
    const auto field = [&](std::size_t i) {
        return i - 3 < fields.size() ? number(fields[i - 3]) : std::nullopt;
    };
    const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto user = field(14);
    const auto system = field(15);
    if (user && system) usage.cpu_seconds = static_cast<double>(*user + *system) / ticks_per_second;
    usage.threads = field(20);
    const auto started = field(22);
    const auto boot = boot_time_seconds();
    if (started && boot) {
        usage.start_time_seconds = *boot + static_cast<double>(*started) / ticks_per_second;
    }
    usage.virtual_bytes = field(23);
    if (const auto pages = field(24)) {
        usage.resident_bytes = *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
}

std::optional<std::uint64_t> count_open_fds() {
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return std::nullopt;
    std::uint64_t entries = 0;
    while (::readdir(directory) != nullptr) ++entries;
    ::closedir(directory);
    return entries > 3 ? entries - 3 : 0;  // "." and ".." and the descriptor of the listing itself
}

template <class Value>
void add(Exposition::Family family, const std::optional<Value>& value) {
    if (value) family.add(static_cast<double>(*value));
}

}  // namespace

ProcessUsage process_usage() {
    ProcessUsage usage;
    read_stat(usage);
    usage.open_fds = count_open_fds();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_fds = limit.rlim_cur;
    return usage;
}

void add_process_metrics(Exposition& exposition, const ProcessUsage& usage) {
    add(exposition.counter("process_cpu_seconds_total", "User and system CPU time used"),
        usage.cpu_seconds);
    add(exposition.gauge("process_start_time_seconds",
                         "Start time, in seconds since the Unix epoch"),
        usage.start_time_seconds);
    add(exposition.gauge("process_resident_memory_bytes", "Resident memory"), usage.resident_bytes);
    add(exposition.gauge("process_virtual_memory_bytes", "Virtual memory"), usage.virtual_bytes);
    add(exposition.gauge("process_threads", "Threads"), usage.threads);
    add(exposition.gauge("process_open_fds", "Open file descriptors"), usage.open_fds);
    add(exposition.gauge("process_max_fds", "Most file descriptors that may be open"),
        usage.max_fds);
}

}  // namespace spillway::telemetry
