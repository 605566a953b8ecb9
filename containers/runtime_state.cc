#include "containers/runtime_state.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "procfs/cgroup_container.h"
#include "procfs/host_path.h"
#include "procfs/text_file.h"

namespace connwatch {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kFirstContainer = "-infra";
// Of a file about one container, which may hold an environment of any size.
constexpr std::size_t kMaxContainerBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxContainers = 16'384;

// A container in containers.json takes some ten microseconds, so this is at most a hundredth of the
// time.
constexpr std::chrono::microseconds kPausePerContainer{1'000};

// Keeps of a document only values down to `depth`, because the rest may be large and is not needed.
// A discarded value if the text is no JSON.
Json ParseDownTo(int depth, std::string_view text) {
  return Json::parse(
      text,
      [depth](int at, Json::parse_event_t event, Json&) {
        const bool begins =
            event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        return !begins || at < depth;
      },
      /*allow_exceptions=*/false);
}

// The text at `key` of an object; empty if there is none.
std::string TextAt(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::string> Permitted(std::string name) {
  if (!IsContainerName(name)) return std::nullopt;
  return name;
}

template <typename Parse>
std::optional<std::string> ReadContainerFile(const std::string& path, Parse parse) {
  const auto text = ReadTextFile(path);
  if (!text || text->size() > kMaxContainerBytes) return std::nullopt;
  return parse(*text);
}

// Podman gives a pod a first container, which is called so after the beginning of the pod's id.
std::string FirstContainerOf(const std::string& pod_id) {
  constexpr std::size_t kShortIdDigits = 12;
  return pod_id.substr(0, kShortIdDigits) + std::string(kFirstContainer);
}

// Containers that are started with --rm may be in the second file. nullopt if no file can be read.
std::optional<LazyIndex<std::string>::Contents> ReadStored(const std::string& directory) {
  std::optional<LazyIndex<std::string>::Contents> contents;
  for (const char* file : {"/containers.json", "/volatile-containers.json"}) {
    const auto text = ReadTextFile(directory + file);
    auto stored = text ? ParseStoredContainers(*text) : std::nullopt;
    if (!stored) continue;
    if (!contents) contents.emplace();
    contents->entries += stored->size();
    for (auto& [id, name] : *stored) {
      if (name.ends_with(kFirstContainer)) contents->map.emplace(name, id);
      contents->map.emplace(id, std::move(name));
    }
  }
  return contents;
}

}  // namespace

std::optional<std::string> ParseDockerConfig(std::string_view text) {
  std::string name = TextAt(ParseDownTo(1, text), "Name");
  if (!name.starts_with('/')) return std::nullopt;
  return Permitted(name.substr(1));
}

std::optional<std::string> ParseHostname(std::string_view text) {
  return Permitted(TextAt(ParseDownTo(1, text), "hostname"));
}

std::optional<std::unordered_map<std::string, std::string>> ParseStoredContainers(
    std::string_view text) {
  constexpr int kListsOfNames = 3;  // [{"names": [...]}]
  const Json list = ParseDownTo(kListsOfNames, text);
  if (!list.is_array()) return std::nullopt;
  std::unordered_map<std::string, std::string> names;
  for (const Json& container : list) {
    const auto found = container.is_object() ? container.find("names") : container.end();
    if (found == container.end() || !found->is_array() || found->empty()) continue;
    if (!found->front().is_string() || names.size() >= kMaxContainers) continue;
    if (auto name = Permitted(found->front().get<std::string>()))
      names.emplace(TextAt(container, "id"), *std::move(name));
  }
  return names;
}

DockerState::DockerState(const std::string& host_root)
    : names_([directory =
                  PathOnHost(host_root, "/var/lib/docker/containers/")](const std::string& id) {
        return ReadContainerFile(directory + id + "/config.v2.json", ParseDockerConfig);
      }) {}

PodmanState::PodmanState(const std::string& host_root)
    : directory_(PathOnHost(host_root, "/var/lib/containers/storage/overlay-containers")),
      containers_([this] { return ReadStored(directory_); }, kPausePerContainer),
      hostnames_([this](const std::string& id) {
        return ReadContainerFile(directory_ + "/" + id + "/userdata/config.json", ParseHostname);
      }) {}

const std::string* PodmanState::FindPod(const std::string& id, MonotonicTime now) {
  const std::string* first = containers_.Find(FirstContainerOf(id), now);
  return first == nullptr ? nullptr : hostnames_.Find(*first, now);
}

}  // namespace connwatch
