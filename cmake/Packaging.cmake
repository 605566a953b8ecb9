# The Debian package, made by `tools/package`.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME connwatch)
set(CPACK_PACKAGE_CONTACT "The connwatch developers <connwatch@users.noreply.github.com>")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "watches the TCP connections of a host
 connwatchd reads the kernel's table of TCP sockets over inet_diag, as ss
 does, and serves what it finds to Prometheus: connections by state, SYN and
 accept queues by listener with a diagnosis, pending outbound handshakes,
 round-trip times and exact totals by group, and alerts with their evidence.")

set(debian "${CMAKE_SOURCE_DIR}/systemd/debian")
file(WRITE "${CMAKE_BINARY_DIR}/debian/conffiles" 
  "${CONNWATCH_CONFIG_DIR}/connwatch.yaml\n${CONNWATCH_CONFIG_DIR}/web.yml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${debian}/postinst;${debian}/prerm;${debian}/postrm;${CMAKE_BINARY_DIR}/debian/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

add_custom_command(OUTPUT "${CMAKE_BINARY_DIR}/debian/changelog.gz"
  COMMAND gzip -9nc "${debian}/changelog" > "${CMAKE_BINARY_DIR}/debian/changelog.gz"
  DEPENDS "${debian}/changelog")
add_custom_target(debian_changelog ALL DEPENDS "${CMAKE_BINARY_DIR}/debian/changelog.gz")
install(FILES "${CMAKE_BINARY_DIR}/debian/changelog.gz" "${debian}/copyright"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
include(CPack)
