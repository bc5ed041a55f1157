# Third-party libraries, each an interface target lib::NAME that the one module wrapping it links.
# In a static build the .a files are taken where all of them are there; else the program is linked
# dynamically, and this says so.
find_package(PkgConfig REQUIRED)

set(CBUILD_LINK_STATIC ${CBUILD_STATIC})
if(CBUILD_SANITIZE OR CBUILD_STRICT OR CBUILD_FUZZ)
  set(CBUILD_LINK_STATIC OFF)
endif()

# name, pkg-config module, what a static link needs besides
function(cbuild_library name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(lib_${name} INTERFACE)
  add_library(lib::${name} ALIAS lib_${name})
  target_include_directories(lib_${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIRS})
  set(archives)
  foreach(archive ${${name}_LIBRARIES} ${ARGN})
    find_library(${archive}_archive NAMES lib${archive}.a)
    if(NOT ${archive}_archive)
      message(STATUS "no static lib${archive}.a")
      set(CBUILD_MISSING_ARCHIVES "${CBUILD_MISSING_ARCHIVES} lib${archive}.a" PARENT_SCOPE)
    else()
      list(APPEND archives ${${archive}_archive})
    endif()
  endforeach()
  set(lib_${name}_archives "${archives}" PARENT_SCOPE)
  set(lib_${name}_shared "${${name}_LINK_LIBRARIES}" PARENT_SCOPE)
endfunction()

set(names archive crypto jansson yaml pcre2 seccomp xxhash zstd deflate zlib cap)
cbuild_library(archive libarchive nettle acl lzma lz4 bz2)
cbuild_library(crypto libcrypto)
cbuild_library(jansson jansson)
cbuild_library(yaml yaml-0.1)
cbuild_library(pcre2 libpcre2-8)
cbuild_library(seccomp libseccomp)
cbuild_library(xxhash libxxhash)
cbuild_library(zstd libzstd)
cbuild_library(deflate libdeflate)
cbuild_library(zlib zlib)
cbuild_library(cap libcap)

if(CBUILD_LINK_STATIC AND CBUILD_MISSING_ARCHIVES)
  message(WARNING "cbuild is linked dynamically: missing${CBUILD_MISSING_ARCHIVES}")
  set(CBUILD_LINK_STATIC OFF)
endif()

# One set of objects serves the static program and the dynamic cbuild-net and tests, so what a
# module links is decided by who links it at the end.
foreach(name ${names})
  if(CBUILD_LINK_STATIC)
    target_link_libraries(lib_${name} INTERFACE
      $<IF:$<BOOL:$<TARGET_PROPERTY:CBUILD_DYNAMIC>>,${lib_${name}_shared},${lib_${name}_archives}>)
  else()
    target_link_libraries(lib_${name} INTERFACE ${lib_${name}_shared})
  endif()
endforeach()

find_package(CURL REQUIRED)
add_library(lib_curl INTERFACE)
add_library(lib::curl ALIAS lib_curl)
target_link_libraries(lib_curl INTERFACE CURL::libcurl)
find_package(Threads REQUIRED)
