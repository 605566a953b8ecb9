#include "containers/runtime_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/scratch_directory.h"

namespace connwatch::runtime_state_test {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr MonotonicTime kStart{seconds(1'000)};
const std::string kWeb(64, 'a');
const std::string kCart(64, 'b');
const std::string kInfra(64, 'c');
const std::string kPod = "30bdb26c4b3ecd2181fd0247d0df49e28faa7b15c346cdc1bd0cd37e85534ba8";

// As Podman 4.3 writes it, shortened.
std::string Stored(const std::string& id, const std::string& name) {
  return R"({"id": ")" + id + R"(", "names": [")" + name +
         R"("], "image": "", "metadata": "{\"name\":\"x\"}", "flags": {"MountLabel": ""}})";
}

TEST(DockerConfigTest, TheNameBeginsWithASlash) {
  EXPECT_EQ(ParseDockerConfig(R"({"State": {"Name": "/no"}, "Name": "/web-1", "ID": "x"})"),
            "web-1");
  for (const char* text : {"", "{", "[]", "1", R"({"Name": "web"})", R"({"Name": "/"})",
                           R"({"Name": 1})", R"({"Name": "/a b"})", R"({"Name": "/a\nb"})",
                           R"({"State": {"Name": "/web"}})", R"({"Name": {"Name": "/web"}})"}) {
    EXPECT_EQ(ParseDockerConfig(text), std::nullopt) << text;
  }
}

TEST(HostnameTest, IsATextOfTheDocument) {
  EXPECT_EQ(ParseHostname(R"({"process": {"env": ["A=b"]}, "hostname": "shop"})"), "shop");
  for (const char* text : {"", "{}", R"({"hostname": null})", R"({"hostname": "a\"b"})",
                           R"({"linux": {"hostname": "shop"}})"}) {
    EXPECT_EQ(ParseHostname(text), std::nullopt) << text;
  }
}

TEST(StoredContainersTest, MapsIdsToNames) {
  EXPECT_THAT(*ParseStoredContainers("[" + Stored(kWeb, "web") + "," + Stored(kCart, "cart") + "]"),
              UnorderedElementsAre(Pair(kWeb, "web"), Pair(kCart, "cart")));
}

TEST(StoredContainersTest, LeavesOutWhatIsNotPermitted) {
  for (const std::string text :
       {"[]", "[1]", "[[]]", R"([{"id": "a"}])", R"([{"id": "a", "names": []}])",
        R"([{"id": "a", "names": [1]}])", R"([{"id": "a", "names": [["web"]]}])",
        R"([{"id": "a", "names": ["we b"]}])", R"([{"id": "a", "names": "web"}])"}) {
    EXPECT_THAT(*ParseStoredContainers(text), IsEmpty()) << text;
  }
}

// A file that cannot be understood does not say that there are no containers.
TEST(StoredContainersTest, WhatIsNoListIsNotAnEmptyOne) {
  for (const char* text : {"", "[", "{}", "1", "null", "[}"})
    EXPECT_EQ(ParseStoredContainers(text), std::nullopt) << text;
}

TEST(StoredContainersTest, CutAtAnyLengthIsNothing) {
  const std::string text = "[" + Stored(kWeb, "web") + "]";
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_EQ(ParseStoredContainers(text.substr(0, length)), std::nullopt) << length;
}

TEST(StoredContainersTest, DeepNestingIsRead) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(ParseStoredContainers(deep), std::nullopt);
  EXPECT_THAT(*ParseStoredContainers(deep + std::string(deep.size(), ']')), IsEmpty());
}

class RuntimeStateTest : public testing::Test {
 protected:
  RuntimeStateTest() {
    std::filesystem::create_directories(root_.PathTo(kDocker + kWeb));
    std::filesystem::create_directories(root_.PathTo(kPodman + kInfra + "/userdata"));
  }

  const std::string kDocker = "var/lib/docker/containers/";
  const std::string kPodman = "var/lib/containers/storage/overlay-containers/";
  const ScratchDirectory root_;
  DockerState docker_{root_.path()};
  PodmanState podman_{root_.path()};
};

TEST_F(RuntimeStateTest, DockersContainersHaveAFileEach) {
  root_.Write(kDocker + kWeb + "/config.v2.json", R"({"Name": "/web"})");
  EXPECT_EQ(*docker_.FindContainer(kWeb, kStart), "web");
  EXPECT_EQ(docker_.FindContainer(kCart, kStart), nullptr);
}

TEST_F(RuntimeStateTest, APodmanPodIsCalledAsItsFirstContainersHost) {
  root_.Write(kPodman + "containers.json", "[" + Stored(kWeb, "web") + "," +
                                               Stored(kInfra, kPod.substr(0, 12) + "-infra") + "]");
  root_.Write(kPodman + "volatile-containers.json", "[" + Stored(kCart, "cart") + "]");
  root_.Write(kPodman + kInfra + "/userdata/config.json", R"({"hostname": "shop"})");
  EXPECT_EQ(*podman_.FindContainer(kWeb, kStart), "web");
  EXPECT_EQ(*podman_.FindContainer(kCart, kStart), "cart");
  EXPECT_EQ(*podman_.FindPod(kPod, kStart), "shop");
  EXPECT_EQ(podman_.FindPod(kWeb, kStart), nullptr);
}

TEST_F(RuntimeStateTest, WhatIsKnownStaysWhileTheFileIsBroken) {
  root_.Write(kPodman + "containers.json", "[" + Stored(kWeb, "web") + "]");
  ASSERT_NE(podman_.FindContainer(kWeb, kStart), nullptr);
  root_.Write(kPodman + "containers.json", "[{");
  EXPECT_EQ(podman_.FindContainer(kCart, kStart + seconds(60)), nullptr);
  EXPECT_NE(podman_.FindContainer(kWeb, kStart + seconds(60)), nullptr);
  root_.Write(kPodman + "containers.json", "[" + Stored(kCart, "cart") + "]");
  EXPECT_NE(podman_.FindContainer(kCart, kStart + seconds(120)), nullptr);
}

TEST_F(RuntimeStateTest, NoFilesAreNoNames) {
  EXPECT_EQ(docker_.FindContainer(kWeb, kStart), nullptr);
  EXPECT_EQ(podman_.FindContainer(kWeb, kStart), nullptr);
  EXPECT_EQ(podman_.FindPod(kPod, kStart), nullptr);
}

TEST_F(RuntimeStateTest, AHugeFileOfAContainerIsNotRead) {
  root_.Write(kDocker + kWeb + "/config.v2.json",
              R"({"Name": "/web", "Env": ")" + std::string(2U << 20U, 'x') + "\"}");
  EXPECT_EQ(docker_.FindContainer(kWeb, kStart), nullptr);
}

}  // namespace
}  // namespace connwatch::runtime_state_test
