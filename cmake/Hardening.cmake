# What a daemon that reads from a network is built with: no fixed addresses, no writable tables of
# functions, checked stacks, buffers and branches. Sanitizers bring their own.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CONNWATCH_SANITIZE STREQUAL "")
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection)
  add_compile_definitions(_FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-fcf-protection=full)
    # The linker would leave the mark out for one archive without it (libprometheus-cpp-core.a of
    # Debian 12). Shadow stacks ask nothing of code, unlike indirect branch tracking.
    add_link_options(-Wl,-z,shstk)
  endif()
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now)
endif()
# No path of the machine it was built on in the binary.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
