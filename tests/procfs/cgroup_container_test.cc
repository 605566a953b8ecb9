#include "procfs/cgroup_container.h"

#include <gtest/gtest.h>

namespace connwatch::cgroup_container_test {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kOther(64, 'e');
constexpr std::string_view kUid = "4a1c0b6e-90a2-4c57-b0d6-6d0a1b2c3d4e";
const std::string kSystemdUid = "4a1c0b6e_90a2_4c57_b0d6_6d0a1b2c3d4e";

struct Case {
  std::string path;
  std::string_view runtime;
  std::string id;
  std::string_view pod{};
};

void Expect(std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    const CgroupContainer expected{std::string(one.runtime), one.id, std::string(one.pod)};
    EXPECT_EQ(ContainerFromCgroupPath(one.path), expected) << one.path;
    EXPECT_EQ(ContainerFromCgroupPath(one.path + "/inner"), expected) << one.path;
  }
}

void ExpectNone(std::initializer_list<std::string> paths) {
  for (const std::string& path : paths)
    EXPECT_EQ(ContainerFromCgroupPath(path), std::nullopt) << path;
}

TEST(CgroupContainerTest, PodsOfTheSystemdDriver) {
  const std::string slice =
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kSystemdUid + ".slice/";
  Expect({
      {slice + "cri-containerd-" + kId + ".scope", "cri-containerd", kId, kUid},
      {slice + "crio-" + kId + ".scope", "crio", kId, kUid},
      {slice + "docker-" + kId + ".scope", "docker", kId, kUid},
      {"/kubepods.slice/kubepods-pod" + kSystemdUid + ".slice/cri-containerd-" + kId + ".scope",
       "cri-containerd", kId, kUid},
      // The kubelet has a cgroup of its own (--cgroup-root).
      {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
       "kubelet-kubepods-besteffort-pod" +
           kSystemdUid + ".slice/cri-containerd-" + kId + ".scope",
       "cri-containerd", kId, kUid},
      // Static pods: the UID is a hash.
      {"/kubepods.slice/kubepods-pod00112233445566778899aabbccddeeff.slice/crio-" + kId + ".scope",
       "crio", kId, "00112233445566778899aabbccddeeff"},
  });
}

TEST(CgroupContainerTest, PodsOfTheCgroupfsDriver) {
  Expect({
      {"/kubepods/burstable/pod" + std::string(kUid) + "/" + kId, "kubepods", kId, kUid},
      {"/kubepods/pod" + std::string(kUid) + "/" + kId, "kubepods", kId, kUid},
      {"/kubepods/besteffort/pod" + std::string(kUid) + "/crio-" + kId, "crio", kId, kUid},
      // The runtime uses the other driver than the kubelet.
      {"/system.slice/containerd.service/kubepods-burstable-pod" + kSystemdUid +
           ".slice:cri-containerd:" + kId,
       "cri-containerd", kId, kUid},
  });
}

TEST(CgroupContainerTest, DockerAndPodman) {
  Expect({
      {"/system.slice/docker-" + kId + ".scope", "docker", kId},
      {"/docker/" + kId, "docker", kId},
      {"/machine.slice/libpod-" + kId + ".scope/container", "libpod", kId},
      {"/libpod_parent/libpod-" + kId, "libpod", kId},
      {"/system.slice/web.service/libpod-payload-" + kId, "libpod-payload", kId},
      {"/machine.slice/machine-libpod_pod_" + kOther + ".slice/libpod-" + kId + ".scope", "libpod",
       kId, kOther},
      {"/libpod_parent/" + kOther + "/libpod-" + kId, "libpod", kId, kOther},
      {"/elsewhere/" + kId, "", kId},
  });
}

TEST(CgroupContainerTest, Machines) {
  Expect({
      {R"(/machine.slice/machine-my\x2dweb.scope)", "machine", "my-web"},
      {"/machine.slice/systemd-nspawn@deb.service", "machine", "deb"},
      {"/lxc.payload.web", "lxc", "web"},
      {"/lxc/web", "lxc", "web"},
  });
}

// What runs inside has named the inner cgroup, or may have.
TEST(CgroupContainerTest, TheOutermostContainerCounts) {
  Expect({
      {"/docker/" + kId + "/kubelet/kubepods/pod" + std::string(kUid) + "/" + kOther, "docker",
       kId},
      {"/lxc.payload.web/docker/" + kId, "lxc", "web"},
      {"/kubepods/pod" + std::string(kUid) + "/" + kId + "/docker/" + kOther, "kubepods", kId,
       kUid},
      {"/elsewhere/" + kId + "/docker/" + kOther, "", kId},
  });
}

// Any user may make these.
TEST(CgroupContainerTest, CgroupsOfUsersDoNotCount) {
  const std::string user = "/user.slice/user-1000.slice/user@1000.service/user.slice";
  ExpectNone(
      {user + "/libpod-" + kId + ".scope",
       user + "/kubepods.slice/kubepods-pod" + kSystemdUid + ".slice/crio-" + kId + ".scope"});
}

TEST(CgroupContainerTest, NothingElseIsAContainer) {
  ExpectNone({"", "/", "//", "/system.slice/nginx.service", "/docker", "/docker/" + kId.substr(1),
              "/docker/" + kId + "0", "/lxc.payload.", "/lxc.monitor.web", "/machine.slice",
              "/machine.slice/machine-.scope", "/machine.slice/machine-a b.scope",
              "/machine.slice/libpod-conmon-" + kId + ".scope",
              "/kubepods.slice/kubepods-pod" + kSystemdUid + ".slice/crio-conmon-" + kId + ".scope",
              "/kubepods.slice/kubepods-pod" + kSystemdUid + ".slice", "relative"});
}

TEST(CgroupContainerTest, AnImpossibleUidIsNone) {
  Expect({{"/kubepods/pod/" + kId, "kubepods", kId, ""},
          {"/kubepods/podA\nB/" + kId, "kubepods", kId, ""},
          {"/kubepods/pod" + std::string(65, 'a') + "/" + kId, "kubepods", kId, ""},
          {"/poda/docker-" + kId, "docker", kId, ""}});
}

TEST(CgroupContainerTest, AnyCutOfAPathIsRead) {
  const std::string path = "/kubepods.slice/kubepods-burstable-pod" + kSystemdUid +
                           ".slice:cri-containerd:" + kId + "/machine-a\\x2db.scope";
  for (std::size_t length = 0; length < path.size(); ++length) {
    const auto container = ContainerFromCgroupPath(path.substr(0, length));
    EXPECT_TRUE(!container || container->id == kId) << length;
  }
}

TEST(IsContainerNameTest, PermitsWhatRuntimesPermit) {
  for (const char* name : {"web", "web-1", "my_app", "a.b", "X"})
    EXPECT_TRUE(IsContainerName(name)) << name;
  EXPECT_TRUE(IsContainerName(std::string(253, 'a')));
  EXPECT_FALSE(IsContainerName(std::string(254, 'a')));
  for (const char* name : {"", "a b", "a/b", "a\nb", "a\"b", "a{b", "\xff", "ä"})
    EXPECT_FALSE(IsContainerName(name)) << name;
}

}  // namespace
}  // namespace connwatch::cgroup_container_test
