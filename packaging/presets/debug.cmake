# cmake -C packaging/presets/debug.cmake -B /some/folder
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "")
set(DEVUPD_WERROR ON CACHE BOOL "")
