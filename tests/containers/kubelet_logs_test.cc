#include "containers/kubelet_logs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/scratch_directory.h"

namespace connwatch::kubelet_logs_test {
namespace {

using std::chrono::seconds;

constexpr MonotonicTime kStart{seconds(1'000)};
const std::string kId(64, 'c');
const std::string kUid = "4a1c0b6e-90a2-4c57-b0d6-6d0a1b2c3d4e";

TEST(PodLogNameTest, HasThreeParts) {
  EXPECT_EQ(ParsePodLogName("shop_cart-7c9_" + kUid), (PodName{"shop", "cart-7c9", kUid}));
  EXPECT_EQ(ParsePodLogName("kube-system_etcd-node.example_0011aabb"),
            (PodName{"kube-system", "etcd-node.example", "0011aabb"}));
}

TEST(PodLogNameTest, AnythingElseIsNone) {
  for (const std::string name :
       {"", "_", "__", "shop", "shop_cart", "shop_cart_", "_cart_1", "shop__1", "shop_cart_1_2",
        "sh op_cart_1", "shop_ca\nrt_1", "shop_cart_1\"", "shop_c\xff_1"}) {
    EXPECT_EQ(ParsePodLogName(name), std::nullopt) << name;
  }
  EXPECT_EQ(ParsePodLogName("shop_" + std::string(254, 'a') + "_1"), std::nullopt);
}

TEST(ContainerLogNameTest, NamesTheContainerOfAnId) {
  const auto log = ParseContainerLogName("cart-7c9_shop_web-server-" + kId + ".log");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->id, kId);
  EXPECT_EQ(log->container, "web-server");
}

TEST(ContainerLogNameTest, AnythingElseIsNone) {
  for (const std::string name : {"", ".log", "a_b.log", "a_b_c.log", "a_b_-1.log", "a_b_c-1",
                                 "a_b_c_d-1.log", "a_b_c d-1.log", "_b_c-1.log"}) {
    EXPECT_FALSE(ParseContainerLogName(name)) << name;
  }
}

class KubeletLogsTest : public testing::Test {
 protected:
  KubeletLogsTest() {
    std::filesystem::create_directories(root_.PathTo("var/log/pods"));
    std::filesystem::create_directories(root_.PathTo("var/log/containers"));
  }
  void MakePod(const std::string& name) const {
    std::filesystem::create_directory(root_.PathTo("var/log/pods/" + name));
  }

  const ScratchDirectory root_;
  KubeletLogs logs_{root_.path()};
};

TEST_F(KubeletLogsTest, FindsPodsAndContainers) {
  MakePod("shop_cart_" + kUid);
  root_.Write("var/log/containers/cart_shop_web-" + kId + ".log", "");
  const PodName* pod = logs_.FindPod(kUid, kStart);
  ASSERT_NE(pod, nullptr);
  EXPECT_EQ(*pod, (PodName{"shop", "cart", kUid}));
  const std::string* container = logs_.FindContainer(kId, kStart);
  ASSERT_NE(container, nullptr);
  EXPECT_EQ(*container, "web");
}

TEST_F(KubeletLogsTest, ANewPodIsFoundASecondLater) {
  MakePod("shop_a_1");
  ASSERT_NE(logs_.FindPod("1", kStart), nullptr);
  MakePod("shop_b_2");
  EXPECT_EQ(logs_.FindPod("2", kStart), nullptr);
  EXPECT_NE(logs_.FindPod("2", kStart + seconds(1)), nullptr);
}

TEST_F(KubeletLogsTest, NoDirectoriesAreNoNames) {
  std::filesystem::remove_all(root_.PathTo("var"));
  EXPECT_EQ(logs_.FindPod("1", kStart), nullptr);
  EXPECT_EQ(logs_.FindContainer("1", kStart), nullptr);
}

TEST_F(KubeletLogsTest, WhatIsKnownStaysIfTheDirectoryCannotBeRead) {
  MakePod("shop_a_1");
  ASSERT_NE(logs_.FindPod("1", kStart), nullptr);
  std::filesystem::remove_all(root_.PathTo("var"));
  EXPECT_EQ(logs_.FindPod("2", kStart + seconds(1)), nullptr);
  EXPECT_NE(logs_.FindPod("1", kStart + seconds(1)), nullptr);
}

TEST_F(KubeletLogsTest, AFloodOfEntriesIsCutAndReadRarely) {
  for (std::size_t i = 0; i <= KubeletLogs::kMaxEntries; ++i) MakePod("n_p_" + std::to_string(i));
  std::size_t found = 0;
  for (std::size_t i = 0; i <= KubeletLogs::kMaxEntries; ++i)
    found += logs_.FindPod(std::to_string(i), kStart) == nullptr ? 0 : 1;
  EXPECT_EQ(found, KubeletLogs::kMaxEntries);
  MakePod("n_late_late");
  EXPECT_EQ(logs_.FindPod("late", kStart + seconds(1)), nullptr) << "no second reading so soon";
}

}  // namespace
}  // namespace connwatch::kubelet_logs_test
