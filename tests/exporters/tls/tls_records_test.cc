#include "exporters/tls/tls_records.h"

#include <gtest/gtest.h>

#include <string>

namespace connwatch::tls_records_test {
namespace {

constexpr char kHandshake = 22;
constexpr char kAlert = 21;
constexpr char kData = 23;

std::string Record(char type, std::size_t length) {
  return std::string{type, 3, 3, static_cast<char>(length >> 8U),
                     static_cast<char>(length & 0xff)} +
         std::string(length, 'x');
}

void Take(TlsRecords& records, const std::string& bytes) {
  records.Take(std::as_bytes(std::span(bytes)));
}

TEST(TlsRecordsTest, CountsDataAfterTheHandshake) {
  TlsRecords records;
  Take(records, Record(kHandshake, 500) + Record(kData, 60));
  EXPECT_EQ(records.data_bytes(), 0U) << "TLS 1.3 hides most of its handshake";
  records.TakeMessage(43);
  records.BeginData({.overhead = 17, .hides_type = true});
  EXPECT_EQ(records.bytes(), 570U);
  Take(records, Record(kData, 100 + 17) + Record(kData, 300 + 17));
  EXPECT_EQ(records.data_bytes(), 400U);
}

TEST(TlsRecordsTest, HoweverTheBytesAreCut) {
  const std::string bytes = Record(kData, 117) + Record(kData, 317) + Record(kData, 18'000);
  for (std::size_t part = 1; part < 700; ++part) {
    TlsRecords records;
    records.BeginData({.overhead = 17});
    for (std::size_t i = 0; i < bytes.size(); i += part) Take(records, bytes.substr(i, part));
    EXPECT_EQ(records.data_bytes(), 400U + 18'000 - 17) << part;
    EXPECT_EQ(records.bytes(), bytes.size());
  }
}

TEST(TlsRecordsTest, AlertsAndKeyUpdatesAreNoData) {
  TlsRecords hidden;
  hidden.BeginData({.overhead = 17, .hides_type = true});
  Take(hidden, Record(kData, 2 + 17) + Record(kData, 2 + 17) + Record(kData, 5 + 17));
  EXPECT_EQ(hidden.data_bytes(), 0U);
  TlsRecords shown;
  shown.BeginData({.overhead = 24});
  Take(shown, Record(kAlert, 2 + 24) + Record(kHandshake, 200) + Record(kData, 2 + 24));
  EXPECT_EQ(shown.data_bytes(), 2U);
}

TEST(TlsRecordsTest, PaddingOfTheSameSizeIsNoData) {
  // As Java 17 sends: a Finished of 52 bytes, and alerts, each padded by 16.
  TlsRecords records;
  Take(records, Record(kHandshake, 318));
  records.TakeMessage(318);
  Take(records, Record(kData, 85));
  records.TakeMessage(52);
  records.BeginData({.overhead = 17, .hides_type = true});
  Take(records, Record(kData, 100 + 33) + Record(kData, 35) + Record(kData, 35));
  EXPECT_EQ(records.data_bytes(), 100U);
}

TEST(TlsRecordsTest, SeveralMessagesMayShareARecord) {
  for (const std::size_t padding : {0U, 16U}) {
    TlsRecords records;
    Take(records, Record(kData, 500 + 80 + 52 + padding + 17));
    for (const std::size_t message : {500U, 80U, 52U}) records.TakeMessage(message);
    records.BeginData({.overhead = 17, .hides_type = true});
    Take(records, Record(kData, 100 + padding + 17) + Record(kData, 2 + padding + 17));
    EXPECT_EQ(records.data_bytes(), 100U) << padding;
  }
}

TEST(TlsRecordsTest, WhatIsNotUnderstoodIsNoPadding) {
  TlsRecords records;
  Take(records, Record(kData, 17 + 600 + 52));
  records.TakeMessage(52);
  records.BeginData({.overhead = 17, .hides_type = true});
  Take(records, Record(kData, 100 + 17));
  EXPECT_EQ(records.data_bytes(), 100U);
}

TEST(TlsRecordsTest, ARecordThatIsTooShortHasNone) {
  TlsRecords records;
  records.BeginData({.overhead = 17, .hides_type = true});
  Take(records, Record(kData, 0) + Record(kData, 17) + std::string(4, kData));
  EXPECT_EQ(records.data_bytes(), 0U);
}

}  // namespace
}  // namespace connwatch::tls_records_test
