// Pages that are made at most once, by the thread that asks first. So it costs little to ask for
// the same page again and again.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/mutex.h"

namespace connwatch {

/// A page as it is sent. Keeps nothing alive but its own text.
struct RenderedBody {
  std::shared_ptr<const std::string> text;  // null: there is no such page
  bool is_gzipped = false;

  /// Compresses `text` if `gzip` is true and the text is long enough to gain by it.
  static RenderedBody Of(std::string text, bool gzip);
};

/// Makes a page. May run on any thread.
using PageRenderer = std::function<RenderedBody()>;

/// One page. May be used from several threads.
class RenderedPage {
 public:
  /// Returns the page. The first call makes it with `render`; other calls wait for that.
  RenderedBody Get(const PageRenderer& render);

 private:
  std::once_flag is_rendered_;
  RenderedBody body_;
};

/// Pages by a key, within limits. May be used from several threads.
class RenderedPages {
 public:
  static constexpr std::size_t kMaxPages = 16;
  static constexpr std::size_t kMaxBytes = std::size_t{4} * 1024 * 1024;

  /// Returns the page of `key`, as RenderedPage does. Beyond the limits it makes the page anew and
  /// does not keep it. `key` says everything that the page depends on.
  RenderedBody Get(const std::string& key, const PageRenderer& render);

  /// How many bytes the pages that are kept take.
  std::size_t bytes() const;

 private:
  std::shared_ptr<RenderedPage> PageOf(const std::string& key);
  // Keeps the page that was just made, or forgets it if it is too large.
  void Settle(const std::string& key, const RenderedBody& body);

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<RenderedPage>> pages_ CONNWATCH_GUARDED_BY(mutex_);
  std::size_t bytes_ CONNWATCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace connwatch
