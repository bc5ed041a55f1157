# The relocatable tarball: `cmake --build build --target tarball`.
add_custom_target(tarball
  COMMAND ${CMAKE_SOURCE_DIR}/cmake/make-tarball.sh
          $<TARGET_FILE:cbuild> $<TARGET_FILE:cbuild-net> ${PROJECT_VERSION} ${CMAKE_BINARY_DIR}
  DEPENDS cbuild cbuild-net
  COMMENT "Making the relocatable tarball"
  VERBATIM)
