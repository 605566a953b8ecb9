# What `cmake --install` puts where. The configuration is always /etc/connwatch, where connwatchd
# looks for it.
include(GNUInstallDirs)

# Of what is installed without a component of its own. Each component is a Debian package
# (Packaging.cmake).
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME main)

set(CONNWATCH_UNIT_DIR "lib/systemd/system" CACHE STRING "Where systemd looks for units, below the prefix")
set(CONNWATCH_CONFIG_DIR "/etc/connwatch" CACHE STRING "Where the configuration is installed")

# The date on the manual pages is that of the sources, so that a build can be repeated.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  string(TIMESTAMP CONNWATCH_DATE "%Y-%m-%d" UTC)
endif()

# The annotated configuration is its own manual page.
file(READ "${CMAKE_SOURCE_DIR}/config/connwatch.yaml" CONNWATCH_YAML_AS_ROFF)
string(REPLACE "\\" "\\e" CONNWATCH_YAML_AS_ROFF "${CONNWATCH_YAML_AS_ROFF}")
string(REPLACE "-" "\\-" CONNWATCH_YAML_AS_ROFF "${CONNWATCH_YAML_AS_ROFF}")
string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" CONNWATCH_YAML_AS_ROFF "${CONNWATCH_YAML_AS_ROFF}")

set(generated "${CMAKE_BINARY_DIR}/systemd")
configure_file(systemd/connwatch.service.in "${generated}/connwatch.service" @ONLY)
foreach(page connwatchd.8 connwatch.yaml.5)
  configure_file("systemd/man/${page}.in" "${generated}/${page}" @ONLY)
  string(REGEX MATCH "[0-9]$" section "${page}")
  # -n: no name and time in it, so that a build can be repeated.
  add_custom_command(OUTPUT "${generated}/${page}.gz"
    COMMAND gzip -9nkf "${generated}/${page}" DEPENDS "${generated}/${page}" VERBATIM)
  list(APPEND pages "${generated}/${page}.gz")
  install(FILES "${generated}/${page}.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()
add_custom_target(manual ALL DEPENDS ${pages})

install(TARGETS connwatchd DESTINATION "${CMAKE_INSTALL_SBINDIR}")
install(FILES "${generated}/connwatch.service" systemd/connwatch.socket DESTINATION "${CONNWATCH_UNIT_DIR}")
# What more the service may do. `cmake --install` leaves it out.
install(FILES systemd/bpf.conf RENAME 50-bpf.conf
  DESTINATION "${CONNWATCH_UNIT_DIR}/connwatch.service.d" COMPONENT bpf EXCLUDE_FROM_ALL)
install(FILES config/connwatch.yaml config/web.yml DESTINATION "${CONNWATCH_CONFIG_DIR}")
install(FILES systemd/bash-completion RENAME connwatchd
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}" PATTERN source EXCLUDE)
install(DIRECTORY dashboards/grafana dashboards/prometheus dashboards/provisioning
  DESTINATION "${CMAKE_INSTALL_DATADIR}/connwatch" PATTERN tests EXCLUDE)
