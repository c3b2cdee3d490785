// Bare libvips in a loop, the measure for the service's resizes: the same operations with the same
// settings, in memory, with nothing round them.
//
//   spillway-vips-loop FILE WIDTH SUFFIX SECONDS
//
// SUFFIX is what vips_image_write_to_buffer takes, for example ".jpg[Q=80,strip]". Prints JSON.

#include <sys/resource.h>
#include <vips/vips.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// "VmRSS" or "VmHWM", in KiB.
long memory_kib(const std::string& what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(what + ":")) return std::atol(line.c_str() + what.size() + 1);
    }
    return 0;
}

bool resize(std::string& input, int width, const char* suffix) {
    VipsImage* image = nullptr;
    // No taller than asked for by its width alone: a box that binds only there.
    if (vips_thumbnail_buffer(input.data(), input.size(), &image, width, "height", VIPS_MAX_COORD,
                              "size", VIPS_SIZE_DOWN, nullptr) != 0) {
        return false;
    }
    void* data = nullptr;
    std::size_t size = 0;
    const bool written = vips_image_write_to_buffer(image, suffix, &data, &size, nullptr) == 0;
    g_free(data);
    g_object_unref(image);
    return written;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 || VIPS_INIT(argv[0]) != 0) return 2;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    std::ifstream file(argv[1], std::ios::binary);
    std::string input(std::istreambuf_iterator<char>(file), {});
    const int width = std::atoi(argv[2]);

    const long before = memory_kib("VmRSS");
    if (!resize(input, width, argv[3])) {
        std::fprintf(stderr, "vips-loop: %s\n", vips_error_buffer());
        return 1;
    }
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(argv[4]));
    const double begun = cpu_seconds();
    int images = 0;
    do {
        if (!resize(input, width, argv[3])) return 1;
        ++images;
    } while (std::chrono::steady_clock::now() < until);
    std::printf("{\"images\": %d, \"cpu_s\": %.6f, \"job_kib\": %ld}\n", images,
                cpu_seconds() - begun, memory_kib("VmHWM") - before);
}
