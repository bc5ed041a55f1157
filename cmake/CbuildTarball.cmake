# The relocatable tarball: `cmake --build --preset static --target tarball`.
if(CBUILD_LINK_STATIC)
  add_custom_target(tarball
    COMMAND ${CMAKE_SOURCE_DIR}/cmake/make-tarball.sh
            $<TARGET_FILE:cbuild> $<TARGET_FILE:cbuild-net> ${PROJECT_VERSION} ${CMAKE_BINARY_DIR}
    DEPENDS cbuild cbuild-net
    COMMENT "Making the relocatable tarball"
    VERBATIM)
else()
  add_custom_target(tarball
    COMMAND ${CMAKE_COMMAND} -E echo "the tarball needs a statically linked cbuild: preset static"
    COMMAND ${CMAKE_COMMAND} -E false
    VERBATIM)
endif()
