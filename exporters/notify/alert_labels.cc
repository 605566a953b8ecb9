#include "exporters/notify/alert_labels.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "core/alerts/alert_receiver.h"
#include "core/alerts/alert_template.h"
#include "core/incidents/incident.h"

namespace connwatch {

namespace {

// RFC 3986: only unreserved characters stay.
std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  constexpr unsigned kBitsPerDigit = 4;
  constexpr unsigned kDigitMask = 0xf;
  std::string encoded;
  for (const char character : text) {
    if (kUnreserved.find(character) != std::string_view::npos) {
      encoded += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    encoded += '%';
    encoded += kHexDigits[byte >> kBitsPerDigit];
    encoded += kHexDigits[byte & kDigitMask];
  }
  return encoded;
}

}  // namespace

AlertLabels LabelsOf(const Alert& alert, const AlertOrigin& origin) {
  const AlertRule& rule = *alert.rule;
  AlertLabels labels = {{"alertname", rule.name}, {"severity", std::string(Name(rule.severity))}};
  for (const auto& label : rule.labels) labels.emplace_back(label);
  for (const auto& label : origin.labels) {
    if (!rule.labels.contains(label.first)) labels.emplace_back(label);
  }
  const auto add = [&labels](const char* name, const std::string& value) {
    if (!value.empty()) labels.emplace_back(name, value);
  };
  add("listener", alert.listener);
  add("group", alert.group);
  add("netns", alert.netns);
  add("namespace", alert.pod_namespace);
  add("pod", alert.pod);
  add("unit", alert.unit);
  return labels;
}

std::string LinkTo(const Alert& alert, const AlertOrigin& origin) {
  return origin.external_url + "/#alert=" + PercentEncoded(alert.rule->name) +
         "&subject=" + PercentEncoded(alert.subject) + "&incident=" + IncidentIdOf(alert);
}

std::string RunbookOf(const Alert& alert, const AlertOrigin& origin) {
  return FillTemplate(
      origin.runbook_url, [&alert](std::string_view) { return alert.rule->name; }, kRunbookWords);
}

}  // namespace connwatch
