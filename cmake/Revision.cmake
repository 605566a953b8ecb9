# CONNWATCH_REVISION: the commit the sources were taken from, for connwatch_build_info.
# A source archive has no history: "unknown" there.
set(CONNWATCH_REVISION "unknown")
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(
    COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    OUTPUT_VARIABLE git_revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE git_failed)
  if(NOT git_failed)
    set(CONNWATCH_REVISION "${git_revision}")
  endif()
endif()
