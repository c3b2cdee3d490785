# What every target of this project is compiled with. Warnings are errors in our own code only:
# dependencies are SYSTEM includes.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

option(SPILLWAY_TESTS "Build the tests" ON)
option(SPILLWAY_BENCHMARKS "Build the benchmarks" OFF)
option(SPILLWAY_LOADTEST "Build the load generator, which tests and benchmarks need anyway" OFF)
option(SPILLWAY_EXAMPLES "Build the examples" ON)
option(SPILLWAY_FUZZ "Build the fuzz targets for libFuzzer, with clang" OFF)
option(SPILLWAY_WERROR "Warnings are errors" OFF)
set(SPILLWAY_SANITIZE "" CACHE STRING "Sanitizers, as given to -fsanitize=")
option(SPILLWAY_LTO "Optimise the request path across files" OFF)
option(SPILLWAY_COVERAGE "Instrument for gcov" OFF)
option(SPILLWAY_HARDENING "What turns a memory error into a crash instead of a way in" ON)

find_program(SPILLWAY_CCACHE ccache)
if(SPILLWAY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${SPILLWAY_CCACHE}")
endif()

# Everything, dependencies' headers included, sees the same sanitizer flags: a mixed build reports
# races and overflows that are not there.
if(SPILLWAY_SANITIZE)
    add_compile_options(-fsanitize=${SPILLWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${SPILLWAY_SANITIZE})
endif()
if(SPILLWAY_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()

# Bounds of the standard library's containers, stack canaries and guard pages, checked copies, nothing
# writable that is jumped through. What each costs: docs/reliability.md. Not with sanitizers, which
# find the same and more; libstdc++'s checks are part of the types' code, so everything sees them.
if(SPILLWAY_HARDENING AND NOT SPILLWAY_SANITIZE)
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
    add_compile_options(-fstack-protector-strong -fstack-clash-protection -fPIE
        $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>
        # Where it would be a warning without optimisation, and where a distribution has set its own.
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

add_library(spillway_developer INTERFACE)
target_compile_options(spillway_developer INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
    -Wcast-align -Wunused -Wextra-semi -Wformat=2
    $<$<BOOL:${SPILLWAY_WERROR}>:-Werror>
    # GCC 12 warns of uninitialised and dangling things inside Asio's coroutine frames that are
    # neither (PR 98401 and relatives). clang-tidy and the sanitizers watch the same ground.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete>
    # libstdc++ 12's own stable_sort() calls what it declares deprecated.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

# Asio and Beast are compiled apart, and a refusal crosses from them into our files and back some
# fifty times. Optimised across files it takes 540 instructions less of 4,000. Fat objects, so that
# the tests link as quickly as without.
if(SPILLWAY_LTO AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(SPILLWAY_LTO OFF)   # GCC's options below
endif()
function(spillway_request_path target)
    if(NOT SPILLWAY_LTO)
        return()
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
        target_link_options(${target} PRIVATE -flto=auto)
    endif()
    target_compile_options(${target} PRIVATE -flto=auto -ffat-lto-objects)
endfunction()
