#pragma once
// What is left of a crash for whoever reads the log.

namespace spillway::app {

/// From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT (std::terminate, assertions, glibc's and
/// the library's checks) and SIGTRAP (GLib, when it has no memory) write the signal, the thread and
/// the stack to standard error, first as addresses, then as functions and lines; then the process
/// ends by that signal as it would have, so core dumps and exit statuses stay what they were. Call
/// it once, before there are threads.
///
/// Functions and lines need libbacktrace at build time, and symbols or debug information in the
/// binary; looking them up allocates, so after ten seconds the process ends without them.
void install_crash_trace() noexcept;

}  // namespace spillway::app
