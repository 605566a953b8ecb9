#include "store/incident_store.h"

#include <cerrno>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"

namespace connwatch {

namespace {

constexpr std::chrono::hours kPruneInterval{1};

}  // namespace

class IncidentStore::Worker : public std::enable_shared_from_this<IncidentStore::Worker> {
 public:
  explicit Worker(Parts parts) : parts_(std::move(parts)) {}

  Result<void> Start();
  void Stop();
  void Post(IncidentChanges changes);
  Result<void> Ask(IncidentQuery query, Answer answer);
  IncidentStoreStatus status() const {
    const MutexLock lock(mutex_);
    return status_;
  }

 private:
  struct Question {
    IncidentQuery query;
    Answer answer;
  };
  // What waits for the thread. Of an incident only the latest state is needed.
  struct Mail {
    std::map<std::string, Incident> incidents;  // by id
    std::vector<IncidentSample> samples;
    std::optional<WallTime> at;
    std::deque<Question> questions;
    bool is_last = false;

    bool IsEmpty() const { return !at && questions.empty() && !is_last; }
  };

  void Run();  // the thread
  Mail TakeMail();
  // Opens the file. While that fails, incidents are kept in memory.
  void Open();
  // What the database before it had in memory only goes on in this one.
  void Use(IncidentDatabase database);
  Result<void> SaveAll(const Result<IncidentChanges>& unsaved);
  void UseMemory();
  void BeginNewFile(const Error& damage);
  // If the file could not be opened or written: tries again.
  void Retry();
  void Write(const IncidentChanges& changes);
  void Tell(const Question& question);
  void Prune();
  // Puts a file aside that turns out to be damaged. Any other result is noted.
  void Settle(const Result<void>& result);
  // Counts and logs a failure.
  void Note(const Result<void>& result);
  void PublishStatus();
  // What is new is on the disk, as far as is known.
  bool IsPersistent() const { return database_->is_persistent() && !trouble_; }

  const Parts parts_;
  // Used only by the thread.
  std::optional<IncidentDatabase> database_;
  std::optional<Error> trouble_;  // of the disk
  MonotonicTime retried_;
  MonotonicTime pruned_;
  std::uint64_t failures_ = 0;

  mutable Mutex mutex_;
  Condition changed_;
  Mail mail_ CONNWATCH_GUARDED_BY(mutex_);
  IncidentStoreStatus status_ CONNWATCH_GUARDED_BY(mutex_);
  bool is_taking_ CONNWATCH_GUARDED_BY(mutex_) = false;  // changes and questions
  bool has_ended_ CONNWATCH_GUARDED_BY(mutex_) = false;  // the thread
};

// The thread holds the worker, so that it can be left to itself.
Result<void> IncidentStore::Worker::Start() {
  const MutexLock lock(mutex_);
  try {
    std::thread([self = shared_from_this()] { self->Run(); }).detach();
  } catch (const std::system_error& error) {
    return Error::FromErrno(error.code().value(), "start the thread that keeps incidents");
  }
  is_taking_ = true;
  return {};
}

void IncidentStore::Worker::Stop() {
  const MutexLock lock(mutex_);
  if (!std::exchange(is_taking_, false)) return;
  mail_.is_last = true;
  changed_.NotifyAll();
  // Each wait may end early, but whoever ends the thread wakes this.
  constexpr std::chrono::milliseconds kStep{100};
  for (std::chrono::milliseconds waited{0}; !has_ended_ && waited < kGrace; waited += kStep) {
    changed_.WaitFor(mutex_, kStep);
  }
}

void IncidentStore::Worker::Post(IncidentChanges changes) {
  const MutexLock lock(mutex_);
  if (!is_taking_) return;
  for (Incident& incident : changes.incidents) {
    const bool has_room =
        mail_.incidents.size() < kMaxWaitingIncidents || mail_.incidents.contains(incident.id);
    if (!has_room) {
      ++status_.dropped;
      continue;
    }
    mail_.incidents.insert_or_assign(incident.id, std::move(incident));
  }
  for (IncidentSample& sample : changes.samples) {
    if (mail_.samples.size() >= kMaxWaitingSamples) {
      ++status_.dropped;
      continue;
    }
    mail_.samples.push_back(std::move(sample));
  }
  mail_.at = changes.at;
  changed_.NotifyAll();
}

Result<void> IncidentStore::Worker::Ask(IncidentQuery query, Answer answer) {
  const MutexLock lock(mutex_);
  if (!is_taking_)
    return Error{ESHUTDOWN, "incidents are not kept: the thread that keeps them does not run"};
  if (mail_.questions.size() >= kMaxWaitingQuestions) {
    return Error{EBUSY, "too many requests for incidents wait for the disk"};
  }
  mail_.questions.push_back({std::move(query), std::move(answer)});
  changed_.NotifyAll();
  return {};
}

void IncidentStore::Worker::Run() {
  Open();
  for (bool is_last = false; !is_last;) {
    Mail mail = TakeMail();
    is_last = mail.is_last;
    if (mail.at) {
      IncidentChanges changes{.incidents = {}, .samples = std::move(mail.samples), .at = *mail.at};
      for (auto& [id, incident] : mail.incidents) changes.incidents.push_back(std::move(incident));
      Write(changes);
    } else {
      Retry();
    }
    for (const Question& question : mail.questions) Tell(question);
    Prune();
    PublishStatus();
  }
  database_.reset();  // closes the file
  const MutexLock lock(mutex_);
  has_ended_ = true;
  changed_.NotifyAll();
}

IncidentStore::Worker::Mail IncidentStore::Worker::TakeMail() {
  const MutexLock lock(mutex_);
  if (mail_.IsEmpty()) changed_.WaitFor(mutex_, kRetryInterval);
  return std::exchange(mail_, {});
}

void IncidentStore::Worker::Open() {
  auto opened = IncidentDatabase::Open(parts_.directory, parts_.bounds);
  if (opened) {
    Use(std::move(opened).value());
  } else {
    Note(std::move(opened).error());
    if (!database_) UseMemory();
  }
  PublishStatus();
}

void IncidentStore::Worker::Use(IncidentDatabase database) {
  if (!database.notice().empty()) parts_.log(true, database.notice());
  std::optional<Result<IncidentChanges>> unsaved;
  if (database_) unsaved = database_->Unsaved();
  database_.emplace(std::move(database));
  Note(unsaved ? SaveAll(*unsaved) : Result<void>());
}

Result<void> IncidentStore::Worker::SaveAll(const Result<IncidentChanges>& unsaved) {
  if (!unsaved) return unsaved.error();
  if (unsaved->incidents.empty() && unsaved->samples.empty()) return {};
  return database_->Save(*unsaved);
}

// A database in memory needs nothing but memory.
void IncidentStore::Worker::UseMemory() {
  database_ = IncidentDatabase::Open({}, parts_.bounds).value();
}

void IncidentStore::Worker::BeginNewFile(const Error& damage) {
  auto unsaved = database_->Unsaved();
  database_.reset();  // closes the file
  auto opened = IncidentDatabase::OpenNew(parts_.directory, parts_.bounds, damage);
  if (opened) {
    Use(std::move(opened).value());
  } else {
    Note(std::move(opened).error());
    UseMemory();
  }
  Note(SaveAll(unsaved));
}

void IncidentStore::Worker::Retry() {
  const Instant now = parts_.now();
  if (!trouble_ || now.monotonic - retried_ < kRetryInterval) return;
  retried_ = now.monotonic;
  if (!database_->is_persistent()) {
    Open();
    return;
  }
  auto done = database_->SaveSpare();
  if (done) done = database_->Prune(now.wall);
  Settle(done);
}

void IncidentStore::Worker::Write(const IncidentChanges& changes) {
  Retry();
  Settle(database_->Save(changes));
}

// That the disk cannot be read is told to whoever asks. A damaged file is also put aside.
void IncidentStore::Worker::Tell(const Question& question) {
  auto page = database_->Read(question.query);
  if (page) {
    page->is_persistent = IsPersistent();
  } else {
    ++failures_;
    if (IsDamaged(page.error())) Settle(page.error());
  }
  question.answer(std::move(page));
}

void IncidentStore::Worker::Prune() {
  const Instant now = parts_.now();
  if (pruned_ != MonotonicTime() && now.monotonic - pruned_ < kPruneInterval) return;
  pruned_ = now.monotonic;
  if (auto pruned = database_->Prune(now.wall); !pruned) Settle(pruned);
}

void IncidentStore::Worker::Settle(const Result<void>& result) {
  if (!result && IsDamaged(result.error()) && database_->is_persistent()) {
    BeginNewFile(result.error());
  } else {
    Note(result);
  }
}

void IncidentStore::Worker::Note(const Result<void>& result) {
  if (result) {
    if (!database_->is_persistent()) return;  // it says nothing of the disk
    if (std::exchange(trouble_, std::nullopt)) parts_.log(false, "incidents are written again");
    return;
  }
  ++failures_;
  if (!trouble_) {
    parts_.log(true,
               "incidents cannot be written and are kept in memory: " + result.error().context);
  }
  trouble_ = result.error();
}

void IncidentStore::Worker::PublishStatus() {
  const auto incidents = database_->CountIncidents();
  const auto bytes = database_->CountBytes();
  const MutexLock lock(mutex_);
  status_.is_persistent = IsPersistent();
  if (incidents) status_.incidents = *incidents;
  if (bytes) status_.bytes = *bytes;
  status_.failures = failures_;
  status_.problem.reset();
  if (trouble_) status_.problem = trouble_->context;
}

IncidentStore::IncidentStore(Parts parts) : worker_(std::make_shared<Worker>(std::move(parts))) {}

Result<void> IncidentStore::Start() { return worker_->Start(); }
void IncidentStore::Stop() { worker_->Stop(); }
void IncidentStore::Post(IncidentChanges changes) { worker_->Post(std::move(changes)); }
Result<void> IncidentStore::Ask(IncidentQuery query, Answer answer) {
  return worker_->Ask(std::move(query), std::move(answer));
}
IncidentStoreStatus IncidentStore::status() const { return worker_->status(); }

}  // namespace connwatch
