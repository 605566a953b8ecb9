#include "config/alert_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace connwatch::alert_parser_test {
namespace {

std::string InQuotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string Number(std::string_view text, SignalUnit unit) {
  const Result<double> number = ParseSignalNumber(text, unit);
  return number ? "= " + FormatValue(unit, *number) : number.error().context;
}

TEST(ParseSignalNumber, TakesPlainNumbersWhereTheyCanMeanOneThingOnly) {
  EXPECT_EQ(Number("64", SignalUnit::kCount), "= 64");
  EXPECT_EQ(Number("0", SignalUnit::kCount), "= 0");
  EXPECT_EQ(Number("007", SignalUnit::kCount), "= 7");
  EXPECT_EQ(Number("0.5", SignalUnit::kPerSecond), "= 0.5/s");
  EXPECT_EQ(Number("0.8", SignalUnit::kShare), "= 80 %");
  EXPECT_EQ(Number("1.5", SignalUnit::kFactor), "= 1.5 x");
}

TEST(ParseSignalNumber, SecondsAndBytesNeedTheirUnit) {
  const std::string no_duration = " is not a whole number and a unit (us, ms, s, m, h), ";
  const std::string no_size = " is not a whole number and a unit (B, KiB, MiB, GiB), ";
  const std::string a_day = "must be from 0s to 24h";
  const std::string most_bytes = "must be from 0B to 900000GiB";
  EXPECT_EQ(Number("100", SignalUnit::kSeconds),
            "\"100\"" + no_duration + "did you mean 100ms or 100s? " + a_day);
  EXPECT_EQ(Number("0", SignalUnit::kSeconds),
            "\"0\"" + no_duration + "did you mean 0ms or 0s? " + a_day);
  EXPECT_EQ(Number("0.25", SignalUnit::kSeconds), "\"0.25\"" + no_duration + a_day);
  EXPECT_EQ(Number("65536", SignalUnit::kBytes),
            "\"65536\"" + no_size + "did you mean 65536B or 65536KiB? " + most_bytes);
  EXPECT_EQ(Number("0.5", SignalUnit::kBytes), "\"0.5\"" + no_size + most_bytes);
}

TEST(FormatSignalNumber, WritesWhatParseSignalNumberReads) {
  EXPECT_EQ(FormatSignalNumber(64, SignalUnit::kCount), "64");
  EXPECT_EQ(FormatSignalNumber(0.5, SignalUnit::kPerSecond), "0.5");
  EXPECT_EQ(FormatSignalNumber(2, SignalUnit::kFactor), "2");
  EXPECT_EQ(FormatSignalNumber(0.8, SignalUnit::kShare), "80%");
  EXPECT_EQ(FormatSignalNumber(0.25, SignalUnit::kSeconds), "250ms");
  EXPECT_EQ(FormatSignalNumber(0.000'1, SignalUnit::kSeconds), "100us");
  EXPECT_EQ(FormatSignalNumber(65'536, SignalUnit::kBytes), "64KiB");
}

TEST(ParseSignalNumber, TakesTheUnitOfTheSignal) {
  EXPECT_EQ(Number("80%", SignalUnit::kShare), "= 80 %");
  EXPECT_EQ(Number("0.5%", SignalUnit::kShare), "= 0.5 %");
  EXPECT_EQ(Number("1000%", SignalUnit::kShare), "= 1000 %");
  EXPECT_EQ(Number("250ms", SignalUnit::kSeconds), "= 0.25 s");
  EXPECT_EQ(Number("2m", SignalUnit::kSeconds), "= 120 s");
  EXPECT_EQ(Number("64KiB", SignalUnit::kBytes), "= 65536 bytes");
  EXPECT_EQ(Number("1MiB", SignalUnit::kBytes), "= 1048576 bytes");
}

TEST(ParseSignalNumber, RefusesTheUnitOfAnother) {
  const std::string count = " is not a number, must be a number such as 64 or 0.5";
  for (const std::string text : {"80%", "64KiB", "250ms", "5/s"}) {
    EXPECT_EQ(Number(text, SignalUnit::kCount), InQuotes(text) + count);
    EXPECT_EQ(Number(text, SignalUnit::kPerSecond), InQuotes(text) + count);
  }
  EXPECT_EQ(Number("250ms", SignalUnit::kShare),
            "\"250ms\" is not a percentage, must be such as 80%");
  EXPECT_EQ(Number("64KiB", SignalUnit::kSeconds),
            "\"64KiB\" is not a whole number and a unit (us, ms, s, m, h), must be from 0s to 24h");
  EXPECT_EQ(Number("80%", SignalUnit::kBytes),
            "\"80%\" is not a whole number and a unit (B, KiB, MiB, GiB), must be from 0B to "
            "900000GiB");
}

TEST(ParseSignalNumber, RefusesWhatIsNoNumberOrNegative) {
  for (const std::string text : {"", "-1", "+1", "NaN", "nan", ".inf", "inf", "1e3", "0x10", "1.",
                                 ".5", "1.2.3", "1,5", " 1", "1 ", "many"}) {
    EXPECT_EQ(Number(text, SignalUnit::kCount),
              "\"" + text + "\" is not a number, must be a number such as 64 or 0.5");
    EXPECT_EQ(Number(text, SignalUnit::kShare),
              "\"" + text + "\" is not a percentage, must be such as 80%");
  }
  for (const std::string text : {"-1s", "soon", ""}) {
    EXPECT_EQ(Number(text, SignalUnit::kSeconds),
              "\"" + text +
                  "\" is not a whole number and a unit (us, ms, s, m, h), must be from 0s to 24h");
  }
  EXPECT_EQ(Number("-64KiB", SignalUnit::kBytes),
            "\"-64KiB\" is not a whole number and a unit (B, KiB, MiB, GiB), must be from 0B to "
            "900000GiB");
  EXPECT_EQ(Number("%", SignalUnit::kShare), "\"%\" is not a percentage, must be such as 80%");
}

TEST(ParseSignalNumber, NumbersAreBoundedButNeverWrong) {
  EXPECT_EQ(Number("1000000000000000", SignalUnit::kCount), "= 1000000000000000");
  EXPECT_EQ(Number("1000000000000001", SignalUnit::kCount),
            "1000000000000001 is too large, must be at most 1e15");
  const std::string digits(400, '9');  // more than a double holds
  EXPECT_EQ(Number(digits, SignalUnit::kCount),
            std::string(40, '9') + "... is too large, must be at most 1e15");
  EXPECT_EQ(Number("0.333333333333333333333333333", SignalUnit::kCount), "= 0.33");
  EXPECT_EQ(Number("0." + std::string(400, '0') + "1", SignalUnit::kCount), "= 0");
  EXPECT_EQ(Number("1000.01%", SignalUnit::kShare), "1000.01% is too large, must be at most 1000%");
  EXPECT_EQ(Number("25h", SignalUnit::kSeconds), "25h is too long, must be from 0s to 24h");
  EXPECT_EQ(Number("99999999GiB", SignalUnit::kBytes),
            "99999999GiB is too large, must be from 0B to 900000GiB");
}

TEST(ParseSignalNumber, AShareAboveOneMissesItsPercentSign) {
  EXPECT_EQ(Number("1", SignalUnit::kShare), "= 100 %");
  EXPECT_EQ(Number("5", SignalUnit::kShare), "5 is a share above 1, must be such as 0.8 or 80%");
  EXPECT_EQ(Number("80", SignalUnit::kShare), "80 is a share above 1, must be such as 0.8 or 80%");
}

std::string Signal(std::string_view text) {
  const Result<AlertSignal> signal = ParseAlertSignal(text);
  return signal ? "= " + std::string(Name(*signal)) : signal.error().context;
}

TEST(ParseAlertSignal, TakesEverySignal) {
  for (const AlertSignalSpec& spec : AlertSignals()) {
    EXPECT_EQ(Signal(spec.name), "= " + std::string(spec.name));
  }
}

TEST(ParseAlertSignal, SuggestsTheClosestAndListsAll) {
  const std::string all = Signal("").substr(Signal("").find("must be one of: "));
  for (const AlertSignalSpec& spec : AlertSignals()) {
    EXPECT_NE(all.find(spec.name), std::string::npos) << spec.name;
  }
  EXPECT_EQ(Signal("listener_syn_queu"),
            "unknown signal \"listener_syn_queu\", did you mean \"listener_syn_queue\"? " + all);
  EXPECT_EQ(Signal("Listener_Drops"),
            "unknown signal \"Listener_Drops\", did you mean \"listener_drops\"? " + all);
  EXPECT_EQ(Signal("temperature"), "unknown signal \"temperature\", " + all);
  EXPECT_EQ(Signal(std::string(100'000, 'x')),
            "unknown signal \"" + std::string(40, 'x') + "...\", " + all);
}

std::string AlertName(std::string_view text) {
  const Result<std::string> name = ParseAlertName(text);
  return name ? "= " + *name : name.error().context;
}

TEST(ParseAlertName, NamesTheCharacters) {
  EXPECT_EQ(AlertName("A"), "= A");
  EXPECT_EQ(AlertName("Api_Queue2"), "= Api_Queue2");
  EXPECT_EQ(AlertName(std::string(64, 'x')), "= " + std::string(64, 'x'));
  const std::string must = " is not a name, must be 1 to 64 letters, digits or _, a letter first";
  for (const std::string text : {"", "_a", "1a", "a b", "a-b", "käse", "a\n"}) {
    EXPECT_EQ(AlertName(text), InQuotes(text) + must);
  }
  EXPECT_EQ(AlertName(std::string(65, 'x')), "\"" + std::string(40, 'x') + "...\"" + must);
}

std::string LabelName(std::string_view text) {
  const Result<std::string> name = ParseLabelName(text);
  return name ? "= " + *name : name.error().context;
}

TEST(ParseLabelName, NamesTheCharacters) {
  EXPECT_EQ(LabelName("team"), "= team");
  EXPECT_EQ(LabelName("_2"), "= _2");
  const std::string must = " is not a name, must be 1 to 64 letters, digits or _, no digit first";
  for (const std::string text : {"", "2nd", "a.b", "a b", "größe"}) {
    EXPECT_EQ(LabelName(text), InQuotes(text) + must);
  }
  EXPECT_EQ(LabelName(std::string(65, 'x')), "\"" + std::string(40, 'x') + "...\"" + must);
}

TEST(ParseLabelName, RefusesThoseOfPrometheus) {
  for (const std::string text : {"__", "__x", "__name__"}) {
    EXPECT_EQ(LabelName(text), InQuotes(text) +
                                   " begins with __, which Prometheus reserves for "
                                   "itself, must be another name");
    EXPECT_EQ(*ParseAnnotationName(text), text);
  }
}

TEST(ParseTexts, TheOnlyControlCharactersAreLineEndsAndTabs) {
  using namespace std::string_literals;
  for (const std::string& text : {"a\0"s, "\x1b[1m"s, "\x7f"s}) {
    const std::string message = InQuotes(text) + " has a control character, must have none";
    EXPECT_EQ(ParseLabelValue(text).error().context, message);
    EXPECT_EQ(ParseAnnotation(text).error().context, message);
    EXPECT_EQ(ParseSubjectPattern(text).error().context, message);
  }
  EXPECT_TRUE(ParseLabelValue("a\tb\r\n"));
  EXPECT_TRUE(ParseAnnotation("a\tb\r\n"));
  EXPECT_FALSE(ParseSubjectPattern("a\n"));
}

TEST(ParseLabelValue, IsBounded) {
  EXPECT_EQ(*ParseLabelValue(""), "");
  EXPECT_EQ(*ParseLabelValue(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(ParseLabelValue(std::string(201, 'x')).error().context,
            "\"" + std::string(40, 'x') + "...\" is too long, must be at most 200 bytes");
}

std::string Pattern(std::string_view text) {
  const Result<SubjectPattern> pattern = ParseSubjectPattern(text);
  if (!pattern) return pattern.error().context;
  return (pattern->is_prefix ? "begins with " : "is ") + pattern->text;
}

TEST(ParseSubjectPattern, TakesASubjectOrItsBeginning) {
  EXPECT_EQ(Pattern("0.0.0.0:443"), "is 0.0.0.0:443");
  EXPECT_EQ(Pattern("[::]:443"), "is [::]:443");
  EXPECT_EQ(Pattern("db*"), "begins with db");
  EXPECT_EQ(Pattern("*"), "begins with ");
  EXPECT_EQ(Pattern(""), "\"\" is empty, must be such as \"0.0.0.0:443\" or \"db*\"");
  const std::string star = " has a * before its end, must have it as its last character";
  EXPECT_EQ(Pattern("*:443"), "\"*:443\"" + star);
  EXPECT_EQ(Pattern("db**"), "\"db**\"" + star);
  EXPECT_EQ(Pattern(std::string(256, 'x')),
            "\"" + std::string(40, 'x') + "...\" is too long, must be at most 255 characters");
}

std::string Annotation(std::string_view text) {
  const Result<std::string> annotation = ParseAnnotation(text);
  return annotation ? "= " + *annotation : annotation.error().context;
}

TEST(ParseAnnotation, ChecksTheTemplate) {
  EXPECT_EQ(Annotation(""), "= ");
  EXPECT_EQ(Annotation("{{subject}} {{ value }} {{threshold}} {{cause}} {{unit}} {{owner}} }} {"),
            "= {{subject}} {{ value }} {{threshold}} {{cause}} {{unit}} {{owner}} }} {");
  const std::string must = "must be one of: subject, value, threshold, cause, unit, owner";
  EXPECT_EQ(Annotation("{{valu}}"), "unknown word {{valu}}, did you mean {{value}}? " + must);
  EXPECT_EQ(Annotation("{{subject}} {{ host }}"), "unknown word {{host}}, " + must);
  EXPECT_EQ(Annotation("{{}}"), "unknown word {{}}, " + must);
  EXPECT_EQ(Annotation("{{ $labels.x }}"), "unknown word {{$labels.x}}, " + must);
  EXPECT_EQ(Annotation("{{value"), "\"{{value\" has {{ without }}, must close it");
  EXPECT_EQ(Annotation("a {{value}} {{"), "\"a {{value}} {{\" has {{ without }}, must close it");
  EXPECT_EQ(Annotation(std::string(1'000, 'x')), "= " + std::string(1'000, 'x'));
  EXPECT_EQ(Annotation(std::string(1'001, 'x')),
            "\"" + std::string(40, 'x') + "...\" is too long, must be at most 1000 bytes");
}

}  // namespace
}  // namespace connwatch::alert_parser_test
