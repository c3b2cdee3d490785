#pragma once
// A little memory for the moment when there is none.
//
// An operation of Asio or a coroutine frame that cannot be allocated leaves a connection in a state
// that nobody can mend, so it must not come to that. What asks for much - a body, an image, a page
// - is told that there is nothing, and costs its own request.

#include <cstddef>

namespace spillway::app {

/// Held from when the process starts, given up when operator new finds no memory, so that what is
/// small goes on; taken back when there is memory again. One per process. Costs address space and
/// no resident memory.
namespace memory_reserve {

inline constexpr std::size_t bytes = std::size_t{8} << 20;

/// Takes it, and installs the new handler that gives it up. Before there are threads.
void hold() noexcept;
/// Tries to have it again, if it was given up; to be called every second or so. True when it had
/// been given up and is back.
bool restore() noexcept;
/// It was given up and is not back yet. Any thread.
[[nodiscard]] bool is_spent() noexcept;

}  // namespace memory_reserve
}  // namespace spillway::app
