# Every third-party library, its one reason, and the one place where Debian 12 and 13 differ.
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS url)        # Asio: event loops; Beast: HTTP/1.1 header parsing; URL: query decoding
find_package(prometheus-cpp CONFIG REQUIRED)    # the exposition format, written by those who define it
find_package(OpenSSL 3.0 REQUIRED COMPONENTS SSL)  # TLS
find_package(spdlog CONFIG REQUIRED)            # asynchronous, bounded logging
find_package(yaml-cpp CONFIG REQUIRED)          # YAML with line and column marks
# yaml-cpp 0.7 (Debian 12) exports another name than 0.8 (Debian 13).
if(NOT TARGET yaml-cpp::yaml-cpp)
    set_target_properties(yaml-cpp PROPERTIES IMPORTED_GLOBAL TRUE)
    add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
find_package(CLI11 CONFIG REQUIRED)             # command line
find_package(PkgConfig REQUIRED)
# Required: libsystemd0 is part of every Debian, containers' images included (apt and util-linux need it).
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)   # socket activation, readiness, watchdog
pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips)   # image decoding, scaling and encoding

# Function names and lines in the trace of a crash; it comes with GCC, or apart (Debian 13). Without
# it a trace has addresses only.
include(CheckIncludeFileCXX)
check_include_file_cxx(backtrace.h SPILLWAY_HAS_BACKTRACE_H)
find_library(SPILLWAY_BACKTRACE backtrace
    HINTS ${CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES})

# Asio and Beast are compiled once (their separate-compilation sources), not in every file.
add_library(spillway_asio STATIC ${CMAKE_CURRENT_SOURCE_DIR}/cmake/asio.cpp)
add_library(spillway::asio ALIAS spillway_asio)
target_link_libraries(spillway_asio PUBLIC Boost::headers Threads::Threads)
target_compile_definitions(spillway_asio PUBLIC
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS
    # Coroutine frames and handlers are recycled per thread; the default keeps two blocks, one
    # request in work uses more. Must be equal in every file, hence here.
    BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8
    # Frames and operations from operator new, which the memory reserve stands behind.
    BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN)
if(SPILLWAY_SANITIZE STREQUAL "thread")
    # ThreadSanitizer does not model atomic_thread_fence, and GCC 12 refuses it.
    target_compile_definitions(spillway_asio PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

add_library(spillway_beast STATIC ${CMAKE_CURRENT_SOURCE_DIR}/cmake/beast.cpp)
add_library(spillway::beast ALIAS spillway_beast)
target_link_libraries(spillway_beast PUBLIC spillway_asio)
target_compile_definitions(spillway_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)

# Boost.JSON from its headers: no library of its own, compiled once too.
add_library(spillway_json STATIC ${CMAKE_CURRENT_SOURCE_DIR}/cmake/json.cpp)
add_library(spillway::json ALIAS spillway_json)
target_link_libraries(spillway_json PUBLIC Boost::headers)
