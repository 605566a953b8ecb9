// A report with something in every field. Its texts and many of its numbers come from a fuzz input.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <vector>

#include "core/report.h"

namespace connwatch {

struct AnyReport {
  Report report;
  std::vector<std::string> in_labels;  // each is a part of a label's value on the metrics page
  std::vector<std::string> in_json;    // each is a part of a text of the JSON answers
};

/// The texts are at the beginning of the input. Each ends with a backslash and any other character,
/// and two backslashes stand for one. The numbers are at the end of the input.
AnyReport ReadAnyReport(FuzzedDataProvider& input);

/// Any number, also one that is not finite.
double ReadAnyNumber(FuzzedDataProvider& input);

}  // namespace connwatch
