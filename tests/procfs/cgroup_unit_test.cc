#include "procfs/cgroup_unit.h"

#include <gtest/gtest.h>

#include <array>

namespace connwatch::cgroup_unit_test {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct Case {
  std::string path;
  std::string_view unit;
};

void ExpectUnits(std::initializer_list<Case> cases) {
  for (const Case& example : cases) {
    EXPECT_EQ(UnitFromCgroupPath(example.path), example.unit) << example.path;
  }
}

TEST(CgroupUnitTest, NamesTheInnermostUnit) {
  ExpectUnits({
      {"/system.slice/nginx.service", "nginx.service"},
      {"/system.slice/nginx.service/worker", "nginx.service"},
      {"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"},
      {"/system.slice/dbus.socket", "dbus.socket"},
      {"/system.slice/srv-data.mount", "srv-data.mount"},
      {R"(/system.slice/system-a.slice/a@b\x2dc.service)", R"(a@b\x2dc.service)"},
      {"/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
      {"/user.slice/user-1000.slice/user@1000.service", "user@1000.service"},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service"},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service"},
      {"/machine.slice/machine-deb.scope/payload/system.slice/sshd.service", "sshd.service"},
  });
}

TEST(CgroupUnitTest, TheFirstProcessBelongsToTheUnitAroundIt) {
  ExpectUnits({
      {"/init.scope", "init.scope"},
      {"/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service"},
      {"/system.slice/docker-" + kId + ".scope/init.scope", "docker-0123456789ab"},
  });
}

TEST(CgroupUnitTest, CutsTheIdsOfContainers) {
  ExpectUnits({
      {"/system.slice/docker-" + kId + ".scope", "docker-0123456789ab"},
      {"/docker/" + kId, "docker-0123456789ab"},
      {"/machine.slice/libpod-" + kId + ".scope/container", "libpod-0123456789ab"},
      {"/machine.slice/libpod-conmon-" + kId + ".scope", "libpod-conmon-0123456789ab"},
      {"/system.slice/web.service/libpod-payload-" + kId, "web.service"},
      {"/libpod-payload-" + kId, "libpod-payload-0123456789ab"},
      {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1a.slice/cri-containerd-" +
           kId + ".scope",
       "cri-containerd-0123456789ab"},
      {"/kubepods.slice/kubepods-pod1a.slice/crio-" + kId + ".scope", "crio-0123456789ab"},
      {"/kubepods/burstable/pod1a-2b/" + kId, "kubepods-0123456789ab"},
      {"/system.slice/containerd.service/kubepods-pod1a.slice:cri-containerd:" + kId,
       "cri-containerd-0123456789ab"},
      {"/elsewhere/" + kId, "0123456789ab"},
      {"/system.slice/docker-" + kId + ".scope/docker/" + kId.substr(1) + "f",
       "docker-123456789abc"},
  });
}

TEST(CgroupUnitTest, AnIdOfAnotherShapeIsNotCut) {
  ExpectUnits({
      {"/system.slice/docker-" + kId.substr(1) + ".scope", "docker-" + kId.substr(1) + ".scope"},
      {"/a" + kId, ""},
      {"/x" + kId, ""},
      {"/docker/" + kId.substr(1) + "g", ""},
  });
}

TEST(CgroupUnitTest, ASliceIsBetterThanNothing) {
  ExpectUnits({
      {"/user.slice/user-1000.slice", "user-1000.slice"},
      {"/system.slice/other", "system.slice"},
  });
}

TEST(CgroupUnitTest, WhatIsNotAUnitHasNoName) {
  ExpectUnits({
      {"", ""},
      {"/", ""},
      {"//", ""},
      {"/openrc.sshd", ""},
      {"/.service", ""},
      {"/nginx.service ", ""},
      {"nginx.service", ""},
  });
}

TEST(CgroupUnitTest, TakesOffSystemdsEscape) {
  ExpectUnits({{"/system.slice/_cgroup.service", "cgroup.service"}, {"/_", ""}});
}

TEST(CgroupUnitTest, PassesOverNamesThatWouldBreakThePage) {
  ExpectUnits({
      {"/user.slice/user@1.service/\xff.service", "user@1.service"},
      {"/user.slice/user@1.service/a\nb.service", "user@1.service"},
      {"/user.slice/user@1.service/\"x.service", "user@1.service"},
  });
}

TEST(CgroupUnitTest, TheCharactersOfAUnitsName) {
  const std::string allowed =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:-_.\\@";
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    if (character == '/') continue;  // ends the name
    const std::string name = std::string("a") + character + "b.service";
    const bool is_allowed = allowed.find(character) != std::string::npos;
    EXPECT_EQ(UnitFromCgroupPath("/" + name), is_allowed ? name : "") << byte;
  }
}

TEST(CgroupUnitTest, TheDigitsOfAContainersId) {
  const std::string hex = "0123456789abcdef";
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    std::string id = kId;
    id.back() = character;
    const bool is_id = hex.find(character) != std::string::npos;
    EXPECT_EQ(UnitFromCgroupPath("/docker/" + id), is_id ? "docker-0123456789ab" : "") << byte;
  }
}

TEST(CgroupUnitTest, CutAtEveryLengthDoesNotCrash) {
  const std::string path = "/user.slice/user@1.service/libpod-" + kId + ".scope/init.scope";
  for (std::size_t length = 0; length <= path.size(); ++length) {
    EXPECT_LE(UnitFromCgroupPath(std::string(path.substr(0, length))).size(), length);
  }
}

}  // namespace
}  // namespace connwatch::cgroup_unit_test
