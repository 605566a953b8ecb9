// A socket source that plays a script: the faults that the kernel does not make on request.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "core/sockets/socket_source.h"

namespace connwatch {

/// One answer of ReadBatch: records and progress, or an error.
struct ScriptedBatch {
  std::vector<SocketRecord> records;
  DumpProgress progress = DumpProgress::kMore;
  std::optional<Error> error;
};

/// What one dump plays. When the batches run out, the last one is played for ever.
using DumpScript = std::deque<ScriptedBatch>;

class ScriptedDump final : public SocketDump {
 public:
  explicit ScriptedDump(DumpScript script, bool may_repeat = true)
      : script_(std::move(script)), may_repeat_(may_repeat) {}
  ~ScriptedDump() override { close(fd_); }
  ScriptedDump(const ScriptedDump&) = delete;
  ScriptedDump& operator=(const ScriptedDump&) = delete;

  Result<RecordBatch> ReadBatch() override {
    current_ = script_.front();
    if (script_.size() > 1) script_.pop_front();
    if (current_.error) return *current_.error;
    return RecordBatch{current_.records, current_.progress};
  }
  /// Always readable.
  int fd() const override { return fd_; }
  bool MayRepeat() const override { return may_repeat_; }

 private:
  const int fd_ = eventfd(/*initval=*/1, EFD_CLOEXEC);
  DumpScript script_;
  const bool may_repeat_;
  ScriptedBatch current_;
};

/// Opens the scripted dumps one after the other, and fails to open one where there is an error.
class ScriptedSource final : public SocketSource {
 public:
  void Add(DumpScript script) { dumps_.push_back({std::move(script), true, std::nullopt}); }
  /// Its dump promises that no socket comes twice.
  void AddWithoutRepeats(DumpScript script) {
    dumps_.push_back({std::move(script), false, std::nullopt});
  }
  void LetOnePassServeAll() { one_pass_serves_all_ = true; }
  std::size_t opened() const { return opened_; }
  void AddOpenError(Error error) { dumps_.push_back({{}, true, std::move(error)}); }

  Result<std::unique_ptr<SocketDump>> Open(const DumpQuery& /*query*/) override {
    ++opened_;
    Planned dump = std::move(dumps_.front());
    dumps_.pop_front();
    if (dump.error) return *std::move(dump.error);
    return std::unique_ptr<SocketDump>(
        std::make_unique<ScriptedDump>(std::move(dump.script), dump.may_repeat));
  }
  bool OnePassServesAll() const override { return one_pass_serves_all_; }

 private:
  struct Planned {
    DumpScript script;
    bool may_repeat;
    std::optional<Error> error;
  };

  std::deque<Planned> dumps_;
  std::size_t opened_ = 0;
  bool one_pass_serves_all_ = false;
};

}  // namespace connwatch
