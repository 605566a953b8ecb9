#include "daemon/process/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "daemon/process/json_string.h"
#include "daemon/process/log_thread.h"

namespace connwatch {

namespace {

constexpr const char* kLogName = "connwatch";

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// sd-daemon(3), SD_WARNING and the others: syslog priorities.
char JournalPriority(spdlog::level::level_enum level) {
  if (level >= spdlog::level::critical) return '2';
  if (level == spdlog::level::err) return '3';
  if (level == spdlog::level::warn) return '4';
  if (level == spdlog::level::info) return '6';
  return '7';
}

// systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream to the journal.
bool IsStderrTheJournal() {
  const char* journal = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): no setenv
  struct stat status {};
  if (journal == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == journal;
}

class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    out.push_back(JournalPriority(message.level));
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

// The message as the inside of a JSON string.
class JsonMessageFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const std::string inside = InsideOfJsonString({message.payload.data(), message.payload.size()});
    out.append(inside.data(), inside.data() + inside.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessageFlag>();
  }
};

// Passes the lines on to a LogThread. The mutex of the base class guards the formatter and thread_.
class QueueSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void Attach(std::unique_ptr<LogThread> thread) {
    const std::lock_guard lock(mutex_);
    thread_ = std::move(thread);
  }
  std::unique_ptr<LogThread> Detach() {
    const std::lock_guard lock(mutex_);
    return std::move(thread_);
  }
  std::uint64_t lost() {
    const std::lock_guard lock(mutex_);
    return thread_ ? thread_->lost() : 0;
  }

  // The line that tells of lost lines, whatever the level in force.
  std::string DescribeLoss(std::uint64_t lost) {
    const std::string text =
        std::to_string(lost) + (lost == 1 ? " log line was lost" : " log lines were lost") +
        ": whoever reads the log was slower than the daemon, or there was no space for it";
    const std::lock_guard lock(mutex_);
    return Formatted({kLogName, spdlog::level::warn, text});
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (thread_) thread_->Push(Formatted(message));
  }
  void flush_() override {}

 private:
  std::string Formatted(const spdlog::details::log_msg& message) const {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    return {line.data(), line.size()};
  }

  std::unique_ptr<LogThread> thread_;
};

// The sink of the process's only log. Null before StartLog.
std::shared_ptr<QueueSink>& Sink() {
  static std::shared_ptr<QueueSink> sink;
  return sink;
}

std::string Pattern(LogFormat format, bool is_journal) {
  const std::string priority = is_journal ? "<%P>" : "";
  switch (format) {
    case LogFormat::kText:
      return priority + (is_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v");
    case LogFormat::kJson:
      return priority + R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%J"})";
  }
  return "%v";
}

}  // namespace

Result<void> StartLog(const LogConfig& config) {
  auto sink = std::make_shared<QueueSink>();
  auto thread = LogThread::Start(STDERR_FILENO,
                                 [sink](std::uint64_t lost) { return sink->DescribeLoss(lost); });
  if (!thread) return std::move(thread).error();
  sink->Attach(std::move(thread).value());
  auto logger = std::make_shared<spdlog::logger>(kLogName, sink);
  // spdlog would print what went wrong, such as a lack of memory, and wait for whoever reads that.
  logger->set_error_handler([](const std::string& /*what*/) {});
  spdlog::set_default_logger(std::move(logger));
  Sink() = std::move(sink);
  ConfigureLogging(config);
  return {};
}

void ConfigureLogging(const LogConfig& config) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<PriorityFlag>('P').add_flag<JsonMessageFlag>('J');
  formatter->set_pattern(Pattern(config.format, IsStderrTheJournal()));
  spdlog::set_formatter(std::move(formatter));
  spdlog::set_level(ToSpdlog(config.level));
}

void EndLog() {
  if (Sink()) Sink()->Detach();  // the thread ends here, while nobody holds the sink's mutex
}

std::uint64_t LostLogLines() { return Sink() ? Sink()->lost() : 0; }

void PrintError(std::string_view line) {
  const std::string priority = IsStderrTheJournal() ? "<3>" : "";
  std::fputs((priority + std::string(line) + "\n").c_str(), stderr);
}

void LogInfo(std::string_view message) { spdlog::info("{}", message); }
void LogWarning(std::string_view message) { spdlog::warn("{}", message); }
void LogError(std::string_view message) { spdlog::error("{}", message); }

void LogChange(bool is_failure, const std::string& line) {
  if (is_failure) {
    LogWarning(line);
  } else {
    LogInfo(line);
  }
}

}  // namespace connwatch
