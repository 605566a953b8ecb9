// Keeps incidents with a thread of its own, so that neither the loop nor an HTTP thread ever waits
// for the disk. Changes and questions wait in bounded queues until the thread takes them.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/incidents/incident.h"
#include "store/incident_database.h"

namespace connwatch {

/// Methods may be called on any thread, unless their comment says otherwise.
class IncidentStore {
 public:
  /// Changes that wait beyond these are given up and counted.
  static constexpr std::size_t kMaxWaitingIncidents = 5'000;
  static constexpr std::size_t kMaxWaitingSamples = 1'000;
  static constexpr std::size_t kMaxWaitingQuestions = 16;
  /// After a failure the disk is tried again this often, and with every change if the file is open.
  static constexpr std::chrono::seconds kRetryInterval{10};
  /// How long Stop waits for the last changes to be written.
  static constexpr std::chrono::seconds kGrace{2};

  struct Parts {
    std::filesystem::path directory;  // empty: in memory
    IncidentBounds bounds = {};
    std::function<Instant()> now;  // called on the store's thread
    /// Called on the store's thread when something begins to fail, and when it works again.
    std::function<void(bool is_failure, const std::string& line)> log;
  };
  /// Gets the answer to a question, on the store's thread.
  using Answer = std::function<void(Result<IncidentPage> page)>;

  explicit IncidentStore(Parts parts);
  ~IncidentStore() { Stop(); }
  IncidentStore(const IncidentStore&) = delete;
  IncidentStore& operator=(const IncidentStore&) = delete;

  /// Starts the thread, which opens the database. For the thread that made the store.
  Result<void> Start();
  /// Has what was posted written down, waits at most kGrace for that, and ends the thread. If the
  /// disk hangs, the thread is left to itself. Nothing is taken afterwards.
  void Stop();

  /// Never waits. What is beyond the limits is dropped and counted. Does nothing before Start and
  /// after Stop.
  void Post(IncidentChanges changes);
  /// Never waits. On success `answer` is called once, unless the disk hangs. Fails with EBUSY if
  /// too many questions wait, and with ESHUTDOWN before Start, if Start failed, and after Stop;
  /// `answer` is then not called.
  Result<void> Ask(IncidentQuery query, Answer answer);
  IncidentStoreStatus status() const;

 private:
  class Worker;  // what the thread and this share

  std::shared_ptr<Worker> worker_;
};

}  // namespace connwatch
