# cmake -C packaging/presets/asan.cmake -B /some/folder
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "")
set(DEVUPD_SANITIZE ON CACHE BOOL "")
set(DEVUPD_WERROR ON CACHE BOOL "")
