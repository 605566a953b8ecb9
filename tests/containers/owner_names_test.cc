#include "containers/owner_names.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/scratch_directory.h"

namespace connwatch::owner_names_test {
namespace {

using std::chrono::seconds;

constexpr MonotonicTime kStart{seconds(1'000)};
const std::string kId(64, 'a');
const std::string kInfra(64, 'c');
const std::string kPod(64, 'b');
const std::string kKubePod = "/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-";

// A host's file system in a temporary directory.
class OwnerNamesTest : public testing::Test {
 protected:
  OwnerNamesTest() {
    MakeDirectory("sys/fs/cgroup");
    mountinfo_ = host_.Write("mountinfo", "41 31 0:38 / " + host_.PathTo("sys/fs/cgroup") +
                                              " rw - cgroup2 cgroup2 rw\n");
  }

  std::string MakeDirectory(const std::string& path) const {
    std::filesystem::create_directories(host_.PathTo(path));
    return host_.PathTo(path);
  }
  // Who owns a cgroup with that path, as somebody sees it who starts now.
  SocketOwner OwnerOf(const std::string& cgroup) const {
    struct stat status {};
    EXPECT_EQ(stat(MakeDirectory("sys/fs/cgroup" + cgroup).c_str(), &status), 0);
    OwnerNames names(host_.path(), mountinfo_, seconds(1));
    return names.OwnerOf(status.st_ino, kStart);
  }
  void StorePodman(const std::string& containers) const {
    MakeDirectory("var/lib/containers/storage/overlay-containers/" + kInfra + "/userdata");
    host_.Write("var/lib/containers/storage/overlay-containers/containers.json", containers);
    host_.Write("var/lib/containers/storage/overlay-containers/" + kInfra + "/userdata/config.json",
                R"({"hostname": "shop"})");
  }

  const ScratchDirectory host_;
  std::string mountinfo_;
};

TEST_F(OwnerNamesTest, AServiceIsAUnitAndNoContainer) {
  const SocketOwner owner = OwnerOf("/system.slice/nginx.service");
  EXPECT_EQ(owner.unit, "nginx.service");
  EXPECT_EQ(owner.container, "");
  EXPECT_EQ(owner.pod, "");
}

TEST_F(OwnerNamesTest, APodHasNamespacePodAndContainer) {
  MakeDirectory("var/log/pods/shop_cart-7c9_1-2");
  MakeDirectory("var/log/containers");
  host_.Write("var/log/containers/cart-7c9_shop_web-" + kId + ".log", "");
  const SocketOwner owner = OwnerOf(kKubePod + kId + ".scope");
  EXPECT_EQ(owner.unit, "shop/cart-7c9/web");
  EXPECT_EQ(owner.container, "shop/cart-7c9");
  EXPECT_EQ(owner.pod_namespace, "shop");
  EXPECT_EQ(owner.pod, "cart-7c9");
}

TEST_F(OwnerNamesTest, AContainerWithoutANameHasItsId) {
  MakeDirectory("var/log/pods/shop_cart-7c9_1-2");
  EXPECT_EQ(OwnerOf(kKubePod + kId + ".scope").unit, "shop/cart-7c9/aaaaaaaaaaaa");
}

TEST_F(OwnerNamesTest, WithoutNamesThereAreIds) {
  const SocketOwner owner = OwnerOf(kKubePod + kId + ".scope");
  EXPECT_EQ(owner.unit, "cri-containerd-aaaaaaaaaaaa");
  EXPECT_EQ(owner.container, "");
  EXPECT_EQ(OwnerOf("/docker/" + kId).unit, "docker-aaaaaaaaaaaa");
  EXPECT_EQ(OwnerOf("/libpod_parent/libpod-" + kId).unit, "libpod-aaaaaaaaaaaa");
}

TEST_F(OwnerNamesTest, Docker) {
  MakeDirectory("var/lib/docker/containers/" + kId);
  host_.Write("var/lib/docker/containers/" + kId + "/config.v2.json", R"({"Name": "/web"})");
  const SocketOwner owner = OwnerOf("/system.slice/docker-" + kId + ".scope");
  EXPECT_EQ(owner.unit, "docker/web");
  EXPECT_EQ(owner.container, "docker/web");
  EXPECT_EQ(OwnerOf("/docker/" + kId + "/system.slice/cron.service").unit, "docker/web");
}

TEST_F(OwnerNamesTest, Podman) {
  StorePodman(R"([{"id": ")" + kId + R"(", "names": ["cart"]}, {"id": ")" + kInfra +
              R"(", "names": [")" + kPod.substr(0, 12) + R"(-infra"]}])");
  const SocketOwner alone = OwnerOf("/machine.slice/libpod-" + kId + ".scope/container");
  EXPECT_EQ(alone.unit, "podman/cart");
  EXPECT_EQ(alone.container, "podman/cart");
  EXPECT_EQ(alone.pod, "");
  const SocketOwner in_pod = OwnerOf("/libpod_parent/" + kPod + "/libpod-" + kId);
  EXPECT_EQ(in_pod.unit, "podman/shop/cart");
  EXPECT_EQ(in_pod.container, "podman/shop");
  EXPECT_EQ(in_pod.pod, "shop");
  EXPECT_EQ(in_pod.pod_namespace, "");
  const SocketOwner split = OwnerOf("/system.slice/web.service/libpod-payload-" + kId);
  EXPECT_EQ(split.unit, "web.service");
  EXPECT_EQ(split.container, "podman/cart");
}

TEST_F(OwnerNamesTest, UnitsInsideAMachineKeepTheirNames) {
  const SocketOwner inner = OwnerOf("/machine.slice/machine-deb.scope/payload/sshd.service");
  EXPECT_EQ(inner.unit, "sshd.service");
  EXPECT_EQ(inner.container, "machine/deb");
  EXPECT_EQ(OwnerOf("/lxc.payload.web").unit, "lxc/web");
}

TEST_F(OwnerNamesTest, NothingForNoCgroup) {
  OwnerNames names(host_.path(), mountinfo_, seconds(1));
  EXPECT_EQ(names.UnitOf(0, kStart), "");
  EXPECT_EQ(names.UnitOf(std::uint64_t{1} << 60, kStart), "");
}

}  // namespace
}  // namespace connwatch::owner_names_test
