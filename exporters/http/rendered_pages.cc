#include "exporters/http/rendered_pages.h"

#include <utility>

#include "exporters/http/gzip.h"

namespace connwatch {

RenderedBody RenderedBody::Of(std::string text, bool gzip) {
  constexpr std::size_t kWorthIt = 1'024;
  const bool is_gzipped = gzip && text.size() >= kWorthIt;
  if (is_gzipped) text = Gzip(text);
  return {std::make_shared<const std::string>(std::move(text)), is_gzipped};
}

RenderedBody RenderedPage::Get(const PageRenderer& render) {
  std::call_once(is_rendered_, [&] { body_ = render(); });
  return body_;
}

RenderedBody RenderedPages::Get(const std::string& key, const PageRenderer& render) {
  bool is_new = false;
  RenderedBody body = PageOf(key)->Get([&] {
    is_new = true;
    return render();
  });
  if (is_new) Settle(key, body);
  return body;
}

std::size_t RenderedPages::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

std::shared_ptr<RenderedPage> RenderedPages::PageOf(const std::string& key) {
  const MutexLock lock(mutex_);
  const auto found = pages_.find(key);
  if (found != pages_.end()) return found->second;
  auto page = std::make_shared<RenderedPage>();
  if (pages_.size() < kMaxPages) pages_.emplace(key, page);
  return page;
}

void RenderedPages::Settle(const std::string& key, const RenderedBody& body) {
  const std::size_t size = body.text ? body.text->size() : 0;
  const MutexLock lock(mutex_);
  const auto found = pages_.find(key);
  if (found == pages_.end()) return;
  if (bytes_ + size > kMaxBytes) {
    pages_.erase(found);
  } else {
    bytes_ += size;
  }
}

}  // namespace connwatch
