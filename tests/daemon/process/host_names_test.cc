#include "daemon/process/host_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "procfs/host_identity.h"

namespace connwatch::host_names_test {
namespace {

using testing::Contains;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

constexpr const char* kHosts =
    "127.0.0.1\tlocalhost\n"
    "# 192.0.2.1 db1 commented.example\n"
    "127.0.1.1  db1.example.org  db1 # db1 other.example\n"
    "192.0.2.7 elsewhere.example db10\n"
    "2001:db8::1 db1-v6.example db1\n";

TEST(HostNamesTest, ThoseOfTheLinesThatHaveTheName) {
  EXPECT_THAT(NamesOfHost("db1", kHosts), UnorderedElementsAre("db1", "db1", "db1.example.org",
                                                               "db1", "db1-v6.example", "db1"));
}

TEST(HostNamesTest, TheFirstPartOfALongName) {
  EXPECT_THAT(NamesOfHost("db1.example.org", kHosts), IsSupersetOf({"db1", "db1.example.org"}));
  EXPECT_THAT(NamesOfHost("db2.example.org", ""), UnorderedElementsAre("db2", "db2.example.org"));
}

TEST(HostNamesTest, ThisHostHasAName) { EXPECT_THAT(NamesOfThisHost(), Contains(HostName())); }

}  // namespace
}  // namespace connwatch::host_names_test
