"""docs/limits.md names every limit of the code, with its value."""
import ast
import operator
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("core", "bpf", "exporters", "monitor", "daemon", "procfs", "store", "containers",
           "netlink")
PAGE = ROOT / "docs/limits.md"
# Limits of one value, one message or one file. They bound no table that others could fill.
NOT_A_TABLE = {
    "bpf/program_loading.cc": {"kMaxLog", "kMaxTicks"},
    "containers/runtime_state.cc": {"kMaxContainerBytes"},
    "core/alerts/alert_evidence.cc": {"kMaxListeners"},
    "core/alerts/alert_receiver.h": {"kMaxReceiverFileBytes"},
    "core/alerts/top_counts.h": {"kMaxTop"},
    "core/connections/connection_table.h": {"kMaxPollsToWait"},
    "core/connections/unacked_data.cc": {"kMaxBackoff"},
    "core/listeners/handshake_poll.cc": {"kMaxDoublings"},
    "core/listeners/listener.h": {"kMaxTopSources"},
    "core/namespaces/namespace_names.h": {"kMaxLength"},
    "core/web/web_limits.h": {"kMaxReplyHeaderBytes", "kMaxRequestHeadBytes", "kMaxRequestFields",
                              "kMaxAlternativeNameBytes"},
    "daemon/alert_judge.h": {"kMaxLines"},
    "daemon/process/host_names.cc": {"kMaxBytes"},
    "daemon/process/log_thread.h": {"kMaxRounds"},
    "daemon/process/notify_socket.cc": {"kMaxBytes"},
    "daemon/process/service_notice.cc": {"kMaxNamed"},
    "daemon/receiver_log.cc": {"kMaxNamed"},
    "exporters/http/ascii_quoted.cc": {"kMaxCharacters"},
    "exporters/http/query.h": {"kMaxOffset"},
    "exporters/metrics/text_format.cc": {"kMaxWhole"},
    "exporters/notify/curl_transport.cc": {"kMaxAnswerBytes"},
    "exporters/server/listen_address.cc": {"kMaxPathBytes"},
    "exporters/tls/client_certificate.cc": {"kMaxNames"},
    "exporters/tls/tls_records.cc": {"kMostPadding", "kMostHidden"},
    "exporters/tls/trial_handshake.cc": {"kMaxRounds"},
    "procfs/cgroup_container.cc": {"kMaxLength", "kMaxUid"},
    "procfs/process_stats.cc": {"kMaxSeconds"},
    "procfs/text_file.cc": {"kMaxFileBytes"},
}
DECLARED = re.compile(
    r"constexpr\s+([\w:<>,\s]+?)\s(k[A-Z]\w*)\s*(?:=\s*([^;]+)|\{([^}]*)\});")
IS_TIME = re.compile(r"\b(?:chrono|Duration|milliseconds|seconds)\b")
IS_LIMIT = re.compile(r"k(?:Max|Most)[A-Z]\w*")
# `kMaxThings` = 1,000 or `Owner::kMaxThings` = 2 * 500; without a value where only the name matters
DOCUMENTED = re.compile(r"`(?:(\w+)::)?(k[A-Z]\w*)`(?: = ([\d,]+(?: \* [\d,]+)*))?")
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
              ast.LShift: operator.lshift}


def declared():
    """{(path, constant): expression} of every constant that is no time, also those that are no limits."""
    constants = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            text = re.sub(r"//[^\n]*", "", file.read_text())
            for kind, name, assigned, braced in DECLARED.findall(text):
                if not IS_TIME.search(kind):
                    constants[str(file.relative_to(ROOT)), name] = assigned or braced
    return constants


CONSTANTS = declared()


def value_of(expression):
    """The value of a constant expression of whole numbers and of other constants."""
    plain = expression.replace("std::numeric_limits<decltype(GroupId::place)>::max()", "65535")
    plain = re.sub(r"std::(?:size_t|uint\d+_t)\{(\w+)\}", r"\1", plain).replace("'", "")
    plain = re.sub(r"\b(\d+)U(?:LL?)?\b", r"\1", plain)

    def evaluate(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            values = {value_of(text) for (_, name), text in CONSTANTS.items() if name == node.id}
            if len(values) != 1:
                raise ValueError(f"{node.id} has {len(values)} values")
            return values.pop()
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
            return OPERATIONS[type(node.op)](evaluate(node.left), evaluate(node.right))
        raise ValueError(f"cannot compute {expression}")

    return evaluate(ast.parse(" ".join(plain.split()), mode="eval").body)


def places_of(owner, name):
    """Where the constant is declared. An owner is a class that is defined there."""
    defines = re.compile(rf"^(?:class|struct) {owner}\b[^;]*\{{", re.MULTILINE)
    return [path for path, constant in CONSTANTS if constant == name
            and (not owner or defines.search((ROOT / path).read_text()))]


class BoundsTest(unittest.TestCase):
    def setUp(self):
        self.documented = DOCUMENTED.findall(PAGE.read_text())

    def test_the_page_has_the_values_of_the_code(self):
        for owner, name, value in self.documented:
            with self.subTest(constant=f"{owner}::{name}"):
                places = [path for path in places_of(owner, name)
                          if name not in NOT_A_TABLE.get(path, ())]
                self.assertEqual(len(places), 1, "declared once, or with its class on the page")
                self.assertTrue(value, "has a value on the page")
                numbers = value.replace(",", "")
                self.assertEqual(value_of(numbers), value_of(CONSTANTS[places[0], name]))

    def test_every_limit_of_the_code_is_on_the_page(self):
        on_page = {(path, name) for owner, name, _ in self.documented
                   for path in places_of(owner, name)}
        elsewhere = {(path, name) for path, names in NOT_A_TABLE.items() for name in names}
        limits = {key for key in CONSTANTS if IS_LIMIT.fullmatch(key[1])}
        self.assertEqual(limits - on_page - elsewhere, set(),
                         "add it to docs/limits.md, or to NOT_A_TABLE if nobody can fill it")

    def test_what_is_no_table_is_still_there(self):
        listed = {(path, name) for path, names in NOT_A_TABLE.items() for name in names}
        self.assertEqual(listed - set(CONSTANTS), set())

    def test_every_key_is_one_of_the_configuration(self):
        schema = (ROOT / "config/config_schema.cc").read_text()
        keys = set(re.findall(r"`(max_\w+|destroy_event_buffer)`", PAGE.read_text()))
        self.assertEqual({key for key in keys if f'"{key}"' not in schema}, set())

    def test_every_metric_exists(self):
        metrics = set(re.findall(r"connwatch_\w+", (ROOT / "docs/metrics.md").read_text()))
        named = set(re.findall(r"connwatch_\w+", PAGE.read_text()))
        self.assertEqual(named - metrics, set())


if __name__ == "__main__":
    unittest.main()
