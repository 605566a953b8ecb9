# Flags every target of the project is built with: warnings, and the sanitizers a preset asks for.
add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual)

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wthread-safety -Wthread-safety-beta)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CONNWATCH_SANITIZE STREQUAL "")
  # -Wrestrict: false alarms on std::string's operator+ in GCC 12 (GCC bug 105651).
  # -Wmissing-field-initializers: members left out of designated initializers have their defaults.
  # -Wsubobject-linkage: takes the source files of a unity build for headers.
  add_compile_options(-Wduplicated-cond -Wlogical-op -Wno-restrict -Wno-missing-field-initializers
    -Wno-subobject-linkage)
endif()
if(CONNWATCH_WERROR)
  add_compile_options(-Werror)
endif()

if(CONNWATCH_SANITIZE)
  add_compile_options(-fsanitize=${CONNWATCH_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CONNWATCH_SANITIZE})
  if(CONNWATCH_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
