# Warnings and hardening for everything that is compiled here.
add_compile_definitions(_GNU_SOURCE CBUILD_VERSION="${PROJECT_VERSION}")
add_compile_options(
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wcast-qual -Wconversion
  -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wunused-result
  -fstack-protector-strong -fstack-clash-protection)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wlogical-op -Wduplicated-cond -Wduplicated-branches
    -ftrivial-auto-var-init=zero)
else()
  add_compile_options(-ftrivial-auto-var-init=pattern)
endif()
if(CBUILD_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  add_compile_options(-mbranch-protection=standard)
endif()
if(CBUILD_SANITIZE)
  add_compile_options(-fsanitize=${CBUILD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${CBUILD_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(CBUILD_FUZZ)
  # the modules count what they run through; main comes with the targets alone
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# asserts guard against programming mistakes and stay on in release builds
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
add_link_options(-Wl,-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
if(CBUILD_STRICT OR NOT CBUILD_STATIC)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
