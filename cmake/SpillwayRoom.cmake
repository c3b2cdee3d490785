# spillway_room(NAME LINKS targets...): one room of the house = one target, spillway::NAME.
# Public headers are in include/spillway/NAME, sources and private headers in src/NAME.
function(spillway_room name)
    cmake_parse_arguments(room "" "" "LINKS" ${ARGN})
    file(GLOB_RECURSE room_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
    if(room_sources)
        add_library(spillway_${name} STATIC ${room_sources})
        set(scope PUBLIC)
        target_link_libraries(spillway_${name} PRIVATE spillway_developer)
    else()
        add_library(spillway_${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(spillway::${name} ALIAS spillway_${name})
    target_include_directories(spillway_${name} ${scope}
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
    target_link_libraries(spillway_${name} ${scope} ${room_LINKS})
    target_compile_features(spillway_${name} ${scope} cxx_std_20)
endfunction()
