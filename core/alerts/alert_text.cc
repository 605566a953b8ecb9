#include "core/alerts/alert_text.h"

#include "core/alerts/alert_template.h"

namespace connwatch {

std::string SummaryOf(const Alert& alert) {
  const auto own = alert.rule->annotations.find("summary");
  return own == alert.rule->annotations.end() ? "" : FillTemplate(own->second, alert);
}

std::string DescriptionOf(const Alert& alert) {
  const auto own = alert.rule->annotations.find("description");
  if (own != alert.rule->annotations.end()) return FillTemplate(own->second, alert);
  return alert.evidence ? alert.evidence->text : "";
}

}  // namespace connwatch
