// Any bytes as a query of /api/v1/sockets: a filter within its bounds, or one mistake within the
// text; what the filter makes for the kernel is well-formed.
#include <linux/inet_diag.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "exporters/json/socket_query.h"
#include "netlink/filter_bytecode.h"
#include "netlink/load_at.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;

void CheckBytecode(const connwatch::EndpointFilter& filter) {
  const auto program = connwatch::BuildFilterBytecode(filter);
  std::size_t offset = 0;
  while (offset < program.size()) {
    const auto operation = connwatch::LoadAt<inet_diag_bc_op>(program, offset);
    Require(operation && operation->yes >= sizeof(inet_diag_bc_op));
    Require(offset + operation->no == program.size() + sizeof(inet_diag_bc_op));
    offset += operation->yes;
  }
  Require(offset == program.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  const auto result = connwatch::ParseSocketQuery(text);
  if (const auto* mistake = std::get_if<connwatch::QueryMistake>(&result)) {
    constexpr std::size_t kLongest = 400;
    Require(mistake->position >= 1 && mistake->position <= size + 1);
    Require(!mistake->text.empty() && mistake->text.size() <= kLongest);
    return 0;
  }
  const auto& query = std::get<connwatch::SocketQuery>(result);
  Require(query.limit >= 1 && query.limit <= connwatch::Paging::kMaxLimit);
  Require(query.states.bits() != 0);
  for (const auto& ports : {query.endpoints.local_ports, query.endpoints.remote_ports}) {
    Require(!ports || ports->first <= ports->last);
  }
  CheckBytecode(query.endpoints);
  return 0;
}
