# The rule of the floors, enforced.
#
#   cbuild_module(NAME FLOOR n SOURCES ... PUBLIC headers... [USES modules...] [HIDES modules...]
#                 [LINKS lib::...])
#
# A module may use modules of lower floors only, and only those it names. USES passes on to the
# users of this module, HIDES is for its .c files alone. Public headers are reached as
# "NAME/header.h" through a folder of links in the build tree that holds nothing else, so that an
# upward, sideways or private include is "No such file".
set(CBUILD_VIEWS ${CMAKE_BINARY_DIR}/include)
set_property(GLOBAL PROPERTY CBUILD_MODULES "")

function(cbuild_module name)
  cmake_parse_arguments(M "" "FLOOR" "SOURCES;PUBLIC;USES;HIDES;LINKS" ${ARGN})
  if(NOT DEFINED M_FLOOR OR M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cbuild_module(${name}): FLOOR missing or unknown words '${M_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(used ${M_USES} ${M_HIDES})
    get_property(floor TARGET ${used} PROPERTY CBUILD_FLOOR)
    if("${floor}" STREQUAL "")
      message(FATAL_ERROR "module '${name}' uses '${used}', which is not a module below it")
    elseif(NOT floor LESS M_FLOOR)
      message(FATAL_ERROR "module '${name}' (floor ${M_FLOOR}) uses '${used}' (floor ${floor})")
    endif()
  endforeach()

  if(CBUILD_STRICT)
    add_library(${name} SHARED ${M_SOURCES})
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME cbuild_${name})
  else()
    add_library(${name} STATIC ${M_SOURCES})
  endif()

  set(view ${CBUILD_VIEWS}/${name})
  file(MAKE_DIRECTORY ${view}/${name})
  foreach(header ${M_PUBLIC})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header} ${view}/${name}/${header} SYMBOLIC)
  endforeach()
  target_include_directories(${name} PUBLIC ${view})
  target_link_libraries(${name} PUBLIC ${M_USES} PRIVATE ${M_HIDES} ${M_LINKS})
  set_target_properties(${name} PROPERTIES
    CBUILD_FLOOR "${M_FLOOR}" CBUILD_PUBLIC "${M_PUBLIC}" CBUILD_ALLOWED "${name};${M_USES};${M_HIDES}")
  set_property(GLOBAL APPEND PROPERTY CBUILD_MODULES ${name})
endfunction()

#   cbuild_test(NAME SOURCE MODULE ... [LABEL pure|system])
# A cmocka program that links the named modules and nothing else.
function(cbuild_test name source)
  cmake_parse_arguments(T "" "LABEL" "" ${ARGN})
  if(NOT T_LABEL)
    set(T_LABEL pure)
  endif()
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES CBUILD_DYNAMIC ON)
  target_link_libraries(${name} PRIVATE ${T_UNPARSED_ARGUMENTS} cmocka)
  target_compile_definitions(${name} PRIVATE TESTDATA="${CMAKE_SOURCE_DIR}/testdata")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT 300)
endfunction()
