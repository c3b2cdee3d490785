#include "app/crash_trace.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/version.hpp"
// GCC's own, where other compilers that read this do not look.
#if defined(SPILLWAY_BACKTRACE) && __has_include(<backtrace.h>)
#define SPILLWAY_HAS_SYMBOLS
#include <backtrace.h>
#endif

namespace spillway::app {
namespace {

constexpr int frames_max = 64;

/// Only what a signal handler may call.
class Line {
public:
    ~Line() {
        put("\n");
        [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text_.data(), size_);
    }
    Line& put(std::string_view text) noexcept {
        for (const char c : text)
            if (size_ < text_.size()) text_[size_++] = c;
        return *this;
    }
    Line& number(std::uint64_t n, unsigned base = 10) noexcept {
        std::array<char, 20> digits;
        std::size_t i = digits.size();
        do {
            digits[--i] = "0123456789abcdef"[n % base];
            n /= base;
        } while (n > 0);
        return put({digits.data() + i, digits.size() - i});
    }
    Line& address(const void* at) noexcept {
        return put("0x").number(reinterpret_cast<std::uintptr_t>(at), 16);
    }

private:
    std::array<char, 1024> text_;
    std::size_t size_ = 0;
};

std::string_view name_of(int signal) noexcept {
    switch (signal) {
        case SIGSEGV:
            return "SIGSEGV";
        case SIGBUS:
            return "SIGBUS";
        case SIGFPE:
            return "SIGFPE";
        case SIGILL:
            return "SIGILL";
        case SIGABRT:
            return "SIGABRT";
        case SIGTRAP:
            return "SIGTRAP";
        default:
            return "a signal";
    }
}

void write_address(int number, void* at) noexcept {
    Line line;
    line.put("  #").number(static_cast<std::uint64_t>(number)).put(" ").address(at);
    Dl_info info{};
    if (dladdr(at, &info) == 0 || info.dli_fname == nullptr) return;
    const auto offset =
        reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
    line.put(" ").put(info.dli_fname).put("+0x").number(offset, 16);
}

#ifdef SPILLWAY_HAS_SYMBOLS

constexpr unsigned symbols_seconds = 10;

backtrace_state* symbols = nullptr;

void ignore_error(void*, const char*, int) {}

void write_function(const char* function, const char* file, int line_number) {
    int status = 0;
    char* const name = abi::__cxa_demangle(function, nullptr, nullptr, &status);
    Line line;
    line.put("     ").put(status == 0 ? name : function);
    if (file != nullptr)
        line.put(" at ").put(file).put(":").number(static_cast<std::uint64_t>(line_number));
    std::free(name);
}

/// Once for each function that was inlined there, the innermost first.
int on_place(void* found, std::uintptr_t, const char* file, int line_number, const char* function) {
    if (function == nullptr) return 0;
    *static_cast<bool*>(found) = true;
    write_function(function, file, line_number);
    return 0;
}

void on_symbol(void*, std::uintptr_t, const char* function, std::uintptr_t, std::uintptr_t) {
    if (function != nullptr) write_function(function, nullptr, 0);
}

void write_places(void* at) {
    // The return address stands behind the call, which may be the last thing of its line.
    const auto pc = reinterpret_cast<std::uintptr_t>(at) - 1;
    bool found = false;
    backtrace_pcinfo(symbols, pc, &on_place, &ignore_error, &found);
    if (!found) backtrace_syminfo(symbols, pc, &on_symbol, &ignore_error, nullptr);
}

void load_symbols() noexcept {
    symbols = backtrace_create_state(nullptr, 1, &ignore_error, nullptr);
}

void write_symbols(void* const* frames, int count) {
    if (symbols == nullptr) return;
    // Looking up allocates, and the heap may be what is broken.
    std::signal(SIGALRM, SIG_DFL);
    ::alarm(symbols_seconds);
    Line().put("spillway: the same, by function:");
    for (int i = 0; i < count; ++i) {
        Line().put("  #").number(static_cast<std::uint64_t>(i));
        write_places(frames[i]);
    }
    ::alarm(0);
}

#else

void load_symbols() noexcept {}
void write_symbols(void* const*, int) {}

#endif

std::atomic_flag is_crashing;

void on_crash(int signal, siginfo_t* info, void*) {
    // Another thread's crash comes second: it waits for the end of the process.
    if (is_crashing.test_and_set()) ::pause();
    const int error = errno;
    std::array<char, 16> thread{};
    ::prctl(PR_GET_NAME, thread.data());
    {
        Line line;
        line.put("spillway: ").put(version()).put(" crashed: ").put(name_of(signal));
        if (signal == SIGSEGV || signal == SIGBUS) line.put(" at address ").address(info->si_addr);
        line.put(", thread ").put(thread.data());
        line.put(", pid ").number(static_cast<std::uint64_t>(::getpid()));
    }
    std::array<void*, frames_max> frames;
    const int count = ::backtrace(frames.data(), frames_max);
    for (int i = 0; i < count; ++i) write_address(i, frames[static_cast<std::size_t>(i)]);
    write_symbols(frames.data(), count);
    errno = error;
    std::signal(signal, SIG_DFL);
    ::raise(signal);
}

}  // namespace

void install_crash_trace() noexcept {
    // Its first call loads the unwinder, which allocates.
    std::array<void*, 1> one;
    ::backtrace(one.data(), 1);
    load_symbols();

    static std::array<char, 64 * 1024> stack;  // a stack that has overflowed cannot be used
    const stack_t alternative{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
    ::sigaltstack(&alternative, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = &on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
        ::sigaction(signal, &action, nullptr);
}

}  // namespace spillway::app
