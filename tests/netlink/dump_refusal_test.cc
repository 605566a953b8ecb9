#include "netlink/dump_refusal.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace connwatch::dump_refusal_test {
namespace {

constexpr DumpStage kBothFamilies{.is_both_families = true};
constexpr DumpStage kOneFamily{};

DumpRefusal RefusalOf(int code, const DumpStage& stage) {
  return RefusalIn(Error::FromErrno(code, "the kernel answered NLMSG_ERROR"), stage);
}

TEST(DumpRefusalTest, AKernelMayRefuseTheLegacyRequestAlone) {
  EXPECT_EQ(RefusalOf(EOPNOTSUPP, kBothFamilies), DumpRefusal::kBothFamilies);
  EXPECT_EQ(RefusalOf(EINVAL, kBothFamilies), DumpRefusal::kBothFamilies);
}

TEST(DumpRefusalTest, AKernelThatRefusesOneFamilyHasNoDump) {
  EXPECT_EQ(RefusalOf(EOPNOTSUPP, kOneFamily), DumpRefusal::kAnyDump);
  EXPECT_EQ(RefusalOf(EINVAL, kOneFamily), DumpRefusal::kAnyDump);
}

TEST(DumpRefusalTest, WithoutTheModuleNoRequestHelps) {
  EXPECT_EQ(RefusalOf(ENOENT, kBothFamilies), DumpRefusal::kAnyDump);
  EXPECT_EQ(RefusalOf(ENOENT, kOneFamily), DumpRefusal::kAnyDump);
}

TEST(DumpRefusalTest, OtherErrorsRefuseNothing) {
  for (const int code : {ENOBUFS, ENOMEM, EBADMSG, EPERM, EINTR}) {
    EXPECT_EQ(RefusalOf(code, kBothFamilies), DumpRefusal::kNone) << code;
    EXPECT_EQ(RefusalOf(code, kOneFamily), DumpRefusal::kNone) << code;
  }
}

TEST(DumpRefusalTest, AKernelThatHasSentRecordsRefusesNothing) {
  for (const int code : {EOPNOTSUPP, EINVAL, ENOENT}) {
    EXPECT_EQ(RefusalOf(code, {.is_both_families = true, .has_records = true}), DumpRefusal::kNone);
    EXPECT_EQ(RefusalOf(code, {.has_records = true}), DumpRefusal::kNone);
  }
}

}  // namespace
}  // namespace connwatch::dump_refusal_test
