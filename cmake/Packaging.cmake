# The Debian packages, made by `tools/package`: connwatch, and connwatch-bpf with what the service needs to
# walk the kernel's table of sockets.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME connwatch)
set(CPACK_PACKAGE_CONTACT "The connwatch developers <connwatch@users.noreply.github.com>")
# Each description begins with its own summary.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL main bpf)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_MAIN_PACKAGE_NAME connwatch)
set(CPACK_DEBIAN_MAIN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MAIN_PACKAGE_RECOMMENDS "systemd")
set(CPACK_DEBIAN_MAIN_PACKAGE_SUGGESTS "connwatch-bpf, prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_MAIN_DESCRIPTION "watches the TCP connections of a host
connwatchd reads the kernel's table of TCP sockets over inet_diag, as ss
does, and serves what it finds to Prometheus: connections by state, SYN and
accept queues by listener with a diagnosis, pending outbound handshakes,
round-trip times and exact totals by group, and alerts with their evidence.")

set(debian "${CMAKE_SOURCE_DIR}/systemd/debian")
file(WRITE "${CMAKE_BINARY_DIR}/debian/conffiles" 
  "${CONNWATCH_CONFIG_DIR}/connwatch.yaml\n${CONNWATCH_CONFIG_DIR}/web.yml\n")
set(CPACK_DEBIAN_MAIN_PACKAGE_CONTROL_EXTRA
  "${debian}/postinst;${debian}/prerm;${debian}/postrm;${CMAKE_BINARY_DIR}/debian/conffiles")

set(CPACK_DEBIAN_BPF_PACKAGE_NAME connwatch-bpf)
set(CPACK_DEBIAN_BPF_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_BPF_PACKAGE_DEPENDS "connwatch (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_BPF_DESCRIPTION "connwatch for every network namespace of the host
With this package the service connwatch may load BPF programs when it
starts. It then walks the kernel's own table of TCP sockets, which has those
of all network namespaces, and so of all containers. The package only holds
the permissions: CAP_BPF and CAP_PERFMON, which the service drops as soon as
the programs are loaded.")
set(CPACK_DEBIAN_BPF_PACKAGE_CONTROL_EXTRA "${debian}/bpf/postinst;${debian}/bpf/postrm")

add_custom_command(OUTPUT "${CMAKE_BINARY_DIR}/debian/changelog.gz"
  COMMAND gzip -9nc "${debian}/changelog" > "${CMAKE_BINARY_DIR}/debian/changelog.gz"
  DEPENDS "${debian}/changelog")
add_custom_target(debian_changelog ALL DEPENDS "${CMAKE_BINARY_DIR}/debian/changelog.gz")
install(FILES "${CMAKE_BINARY_DIR}/debian/changelog.gz" "${debian}/copyright"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${CMAKE_BINARY_DIR}/debian/changelog.gz" "${debian}/copyright"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}-bpf" COMPONENT bpf EXCLUDE_FROM_ALL)
include(CPack)
