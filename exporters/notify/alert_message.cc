#include "exporters/notify/alert_message.h"

#include "exporters/notify/notice_json.h"

namespace connwatch {

namespace {

std::string RenderAlert(const AlertReport& report, const NoticeContext& context) {
  const AlertNotice notice = NoticeOf(report, context);
  Json json = {{"labels", TextsAsJson(notice.labels)},
               {"annotations", TextsAsJson(notice.annotations)},
               {"startsAt", notice.starts_at}};
  if (notice.ends_at) json["endsAt"] = *notice.ends_at;
  json["generatorURL"] = notice.generator_url;
  return OnOneLine(json);
}

}  // namespace

bool AlertMessage::Add(const AlertReport& report) {
  const std::string alert = RenderAlert(report, context_);
  if (!is_empty() && text_.size() + alert.size() + kPunctuationBytes > kMaxBytes) return false;
  if (!is_empty()) text_ += ',';
  text_ += alert;
  return true;
}

std::string AlertMessage::Finish() && { return std::move(text_) + "]"; }

}  // namespace connwatch
