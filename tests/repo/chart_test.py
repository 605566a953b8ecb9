"""The Helm chart and the plain manifests: as the schemas of Kubernetes and of the prometheus-operator want them,
with the rules, dashboards and configuration of this tree, and with no more rights than connwatchd needs.

kubectl's dry run is not among the tests: also with --dry-run=client it asks a server what kinds there are."""
import base64
import copy
import functools
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "deploy"), str(ROOT / "tests/e2e")]

import render
from support import cannot_run, find_tool, run

TYPES = ROOT / "build/testtools/manifest-types"
DIGEST = "sha256:" + "0123456789abcdef" * 4
NO_VALUES = {}
EVERYTHING = {
    "image": {"repository": "registry.example:5000/team/connwatch", "tag": "1.2", "digest": DIGEST,
              "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "fullnameOverride": "tcp-watch",
    "config": {"log": {"format": "json"}, "max_tracked_connections": 3_000_000, "cpu_budget": "5%",
               "alertmanagers": [{"url": "http://alertmanager.monitoring.svc:9093"}]},
    "web": {"port": 10277, "hosts": ["[$(NODE_IP)]", "[::1]"], "configSecret": "connwatch-web", "tls": True},
    "hostPaths": {"docker": "/var/lib/docker/containers",
                  "podman": "/var/lib/containers/storage/overlay-containers"},
    "seccompProfile": {"type": "Localhost", "localhostProfile": "connwatch.json"},
    "seLinuxOptions": {"type": "spc_t"},
    "priorityClassName": "system-node-critical",
    "podLabels": {"team": "network"}, "podAnnotations": {"example.org/owner": "network"},
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}]}}},
    "probes": {"httpHeaders": [{"name": "Authorization", "value": "Basic cHJvYmU6cHJvYmU="}]},
    "service": {"annotations": {"example.org/scrape": "no"}},
    "monitor": {"kind": "ServiceMonitor", "labels": {"release": "monitoring"},
                "tlsConfig": {"ca": {"secret": {"name": "connwatch-web", "key": "ca.crt"}},
                              "serverName": "connwatch"},
                "basicAuth": {"username": {"name": "scrape", "key": "user"},
                              "password": {"name": "scrape", "key": "password"}},
                "relabelings": [{"action": "replace", "replacement": "east", "targetLabel": "cluster"}],
                "metricRelabelings": [{"action": "drop", "sourceLabels": ["__name__"], "regex": "process_.*"}]},
    "prometheusRule": {"enabled": True, "labels": {"release": "monitoring"}},
    "dashboards": {"enabled": True, "annotations": {"grafana_folder": "connwatch"}},
    "extraArgs": ["--log.level=debug"],
    "extraEnv": [{"name": "TZ", "value": "UTC"}],
    "extraVolumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/connwatch-ca", "readOnly": True}]}
HARDENED = {
    "web": {"hosts": ["127.0.0.1"]}, "probes": {"host": "127.0.0.1", "handler": "tcp"},
    "updateStrategy": {"type": "OnDelete", "rollingUpdate": None}, "tolerations": [],
    "resources": {"limits": {"cpu": 1, "memory": "256Mi"}},
    "nodeSelector": {"connwatch": "yes"}, "monitor": {"kind": "PodMonitor"},
    "prometheusRule": {"enabled": True, "alerts": False}}
SETS = {"default": NO_VALUES, "everything": EVERYTHING, "hardened": HARDENED}
CLIENT_SIDE_APPLY_BYTES = 256 << 10  # kubectl apply keeps each object in an annotation, which may not be larger
STORED_BYTES = 1 << 20  # of a ConfigMap or Secret; Helm keeps a release in one
# What may not be written, {path in values: (value, what the refusal names)}.
BAD_VALUES = {
    "hostNetwork": (False, "(root)"), "image.repo": ("x", "image"),
    "image.repository": ("Registry/x", "image.repository"), "image.digest": ("sha256:12", "image.digest"),
    "image.pullPolicy": ("Sometimes", "image.pullPolicy"), "image.tag": (1.2, "image.tag"),
    "config": ([], "config"), "config.kernel_walk": (True, "config.kernel_walk"),
    "config.handshake_tracing": (False, "config.handshake_tracing"), "config.host_root": ("/", "config.host_root"),
    "web.port": (70_000, "web.port"), "web.hosts": ([], "web.hosts"), "web.tls": (True, "web.configSecret"),
    "web.listenAddress": (":10177", "web"), "hostPaths.docker": ("var/lib/docker", "hostPaths.docker"),
    "seccompProfile": ({"type": "Localhost"}, "seccompProfile"),
    "seccompProfile.type": ("Default", "seccompProfile.type"), "seLinuxOptions.kind": ("x", "seLinuxOptions"),
    "resources.limits.memory": ("512 MB", "resources.limits.memory"),
    "resources.limit": ({}, "resources"), "updateStrategy.type": ("Recreate", "updateStrategy.type"),
    "updateStrategy.rollingUpdate.maxSurge": (1, "updateStrategy.rollingUpdate.maxSurge"),
    "tolerations": ({"operator": "Exists"}, "tolerations"), "nodeSelector.x": (True, "nodeSelector.x"),
    "podLabels.x": (1, "podLabels.x"), "probes.handler": ("exec", "probes.handler"),
    "probes.liveness.periodSeconds": (0, "probes.liveness.periodSeconds"),
    "probes.liveness.path": ("/", "probes.liveness"), "monitor.kind": ("Both", "monitor.kind"),
    "monitor.interval": ("15 seconds", "monitor.interval"), "prometheusRule.enabled": ("yes", "prometheusRule.enabled"),
    "dashboards.labels": ({"grafana_dashboard": 1}, "dashboards.labels.grafana_dashboard"),
    "extraArgs": ("--log.level=debug", "extraArgs"), "extraEnv": ([{"value": "x"}], "extraEnv.0")}
# What makes a good manifest wrong: kind, where, and what to put there. None removes it.
BREAKAGES = [
    ("DaemonSet", "spec.template.spec.containers.0.image", 5), ("DaemonSet", "spec.selector", None),
    ("DaemonSet", "spec.template.spec.hostNetwrok", True), ("DaemonSet", "spec.template.spec.containers.0.name", None),
    ("DaemonSet", "spec.template.spec.containers.0.securityContext.capabilities.add", "BPF"),
    ("DaemonSet", "spec.template.spec.containers.0.livenessProbe.httpGet.port", None),
    ("DaemonSet", "spec.template.spec.volumes.2.hostPath.path", None),
    ("DaemonSet", "spec.template.spec.tolerations.0.operator", ["Exists"]),
    ("DaemonSet", "metadata.label", {}), ("DaemonSet", "kind", "DeamonSet"), ("DaemonSet", "apiVersion", "v1"),
    ("ConfigMap", "data.connwatch", 1), ("Service", "spec.ports.0.port", "metrics"),
    ("ServiceAccount", "automountToken", False), ("ServiceMonitor", "spec.endpoints.0.honorLabel", True),
    ("ServiceMonitor", "spec.endpoints.0.interval", "15sec"), ("ServiceMonitor", "spec.selector", None),
    ("ServiceMonitor", "spec.endpoints.0.relabelings.0.action", "rename"),
    ("PrometheusRule", "spec.groups.0.name", None), ("PrometheusRule", "spec.groups.0.rules.0.expression", "up")]


def put(tree, path, value):
    """Changes the value at a path such as "spec.ports.0.port"; None removes it."""
    *way, last = [int(word) if word.isdigit() else word for word in path.split(".")]
    for word in way:
        tree = tree.setdefault(word, {}) if isinstance(tree, dict) else tree[word]
    if value is None:
        del tree[last]
    else:
        tree[last] = value


def objects(text):
    return [thing for thing in yaml.safe_load_all(text) if thing]


def helm(*arguments, values=NO_VALUES):
    """Runs it with a file of values, which is its last argument."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        return subprocess.run([render.find_helm(), *arguments, "--values", file.name],
                              capture_output=True, text=True, check=False)


def objects_of(values, release="connwatch"):
    """What the chart makes."""
    done = helm("template", release, render.CHART, "--namespace", "watch", values=values)
    assert done.returncode == 0, done.stderr
    return objects(done.stdout)


@functools.cache
def rendered_sets():
    return {name: objects_of(values) for name, values in SETS.items()}


def files_of_bad_values():
    """[paths of BAD_VALUES that can be wrong in one file], so that Helm does not run for each."""
    files = []
    for path in BAD_VALUES:
        def excludes(other, path=path):
            return other.startswith(path) or path.startswith(other) or BAD_VALUES[other][1] == BAD_VALUES[path][1]
        for file in files:
            if not any(excludes(other) for other in file):
                file.append(path)
                break
        else:
            files.append([path])
    return files


class ChartTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not render.find_helm() or not (TYPES / "installed").exists():
            cannot_run("needs what tools/install-deps deploy installs")
        cls.rendered = rendered_sets()

    def only(self, kind, things):
        found = [thing for thing in things if thing["kind"] == kind]
        self.assertEqual(len(found), 1, kind)
        return found[0]

    def pod(self, things):
        return self.only("DaemonSet", things)["spec"]["template"]["spec"]

    def container(self, things):
        return self.pod(things)["containers"][0]


class SchemasTest(ChartTest):
    @staticmethod
    def faults(things):
        """[errors of each]"""
        checked = subprocess.run(["node", ROOT / "tests/repo/manifest_check.mjs", TYPES],
                                 input=json.dumps(things), capture_output=True, text=True, check=True)
        return json.loads(checked.stdout)

    def test_good_manifests_pass_and_broken_ones_do_not(self):
        good = [thing for things in self.rendered.values() for thing in things]
        good += [thing for file in sorted(render.MANIFESTS.rglob("*.yaml")) if file.stem != "kustomization"
                 for thing in objects(file.read_text())]
        broken = []
        for kind, path, value in BREAKAGES:
            broken.append(copy.deepcopy(next(thing for thing in self.rendered["everything"]
                                             if thing["kind"] == kind)))
            put(broken[-1], path, value)
        faults = self.faults(good + broken)
        for thing, found in zip(good, faults):
            self.assertEqual(found, [], thing["metadata"]["name"])
        for breakage, found in zip(BREAKAGES, faults[len(good):], strict=True):
            self.assertNotEqual(found, [], breakage)

    def test_helm_finds_nothing(self):
        for name, values in SETS.items():
            with self.subTest(name):
                done = helm("lint", "--strict", render.CHART, values=values)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_bad_values_are_refused_by_their_path(self):
        for paths in files_of_bad_values():
            values = {}
            for path in paths:
                put(values, path, BAD_VALUES[path][0])
            done = helm("template", "connwatch", render.CHART, values=values)
            self.assertNotEqual(done.returncode, 0)
            for path in paths:
                with self.subTest(path):
                    self.assertRegex(done.stderr, rf"(?m)^- {re.escape(BAD_VALUES[path][1])}: ")

    def test_every_value_is_explained_and_in_the_schema(self):
        text = (render.CHART / "values.yaml").read_text()
        schema = json.loads((render.CHART / "values.schema.json").read_text())["properties"]
        self.assertEqual(set(yaml.safe_load(text)), set(schema) - {"global"})
        for match in re.finditer(r"^(\w+):", text, re.MULTILINE):
            before = text[:match.start()].rstrip("\n").splitlines()[-1]
            self.assertRegex(before, r"^#|^tolerations:|^  \S|^\w+: (\{\}|\[\])$", match[1])

    def test_names_labels_and_sizes_are_within_the_limits_of_kubernetes(self):
        longest = objects_of({**EVERYTHING, "fullnameOverride": "x" * 40})
        released = objects_of({**EVERYTHING, "fullnameOverride": ""}, release="r" * 53)
        for thing in [*longest, *released]:
            self.assertRegex(thing["metadata"]["name"], r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
            for name, value in thing["metadata"]["labels"].items():
                self.assertRegex(name, r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9_.-]{1,63}$")
                self.assertRegex(value, r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")
            size = len(json.dumps(thing))
            self.assertLess(size, CLIENT_SIDE_APPLY_BYTES, thing["metadata"]["name"])
        # Helm keeps the chart and what it made, as JSON, compressed and in base64, twice encoded.
        chart = b"".join(file.read_bytes() for file in sorted(render.CHART.rglob("*")) if file.is_file())
        release = base64.b64encode(base64.b64encode(gzip.compress(chart + yaml.dump_all(longest).encode())))
        self.assertLess(len(release), STORED_BYTES / 2)


class RightsTest(ChartTest):
    def test_the_pod_has_what_it_needs_and_no_more(self):
        for name, things in self.rendered.items():
            with self.subTest(name):
                pod, container = self.pod(things), self.container(things)
                self.assertIs(pod["hostNetwork"], True)
                self.assertEqual(pod["dnsPolicy"], "ClusterFirstWithHostNet")
                self.assertEqual({"hostPID", "hostIPC", "shareProcessNamespace"} & set(pod), set())
                self.assertIs(pod["automountServiceAccountToken"], False)
                self.assertEqual(container["securityContext"], {
                    "runAsUser": 0, "runAsGroup": 0, "privileged": False, "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"], "add": ["BPF", "PERFMON"]}})
                self.assertEqual(len(pod["containers"]), 1)
                self.assertNotIn("initContainers", pod)
                self.assertEqual([thing["kind"] for thing in things if "rbac" in thing["apiVersion"]], [])
                self.assertIs(self.only("ServiceAccount", things)["automountServiceAccountToken"], False)

    def test_the_seccomp_profile_is_named_and_can_be_left_to_the_node(self):
        profiles = {name: self.pod(things)["securityContext"]["seccompProfile"]
                    for name, things in self.rendered.items()}
        self.assertEqual(profiles, {"default": {"type": "RuntimeDefault"}, "hardened": {"type": "RuntimeDefault"},
                                    "everything": {"type": "Localhost", "localhostProfile": "connwatch.json"}})
        self.assertNotIn("securityContext", self.pod(objects_of({"seccompProfile": None})))

    def test_folders_of_the_node_are_read_only_below_host_root(self):
        expected = {"/sys/fs/cgroup", "/var/log/pods", "/var/log/containers", "/run/netns"}
        further = {"/var/lib/docker/containers", "/var/lib/containers/storage/overlay-containers"}
        for name, things in self.rendered.items():
            with self.subTest(name):
                mounts = {mount["name"]: mount for mount in self.container(things)["volumeMounts"]}
                paths = {volume["name"]: volume["hostPath"]["path"] for volume in self.pod(things)["volumes"]
                         if "hostPath" in volume}
                self.assertEqual(set(paths.values()), expected | (further if name == "everything" else set()))
                for volume, path in paths.items():
                    self.assertEqual(mounts[volume]["mountPath"], f"/host{path}")
                    self.assertIs(mounts[volume]["readOnly"], True)
                self.assertEqual({volume for volume, mount in mounts.items() if "mountPropagation" in mount}, {"netns"})
                self.assertEqual(mounts["netns"]["mountPropagation"], "HostToContainer")
                self.assertTrue(all(mount["readOnly"] for mount in mounts.values()))

    def test_a_folder_elsewhere_on_the_node_is_seen_where_the_daemon_looks(self):
        things = objects_of({"hostPaths": {"docker": "/data/docker/containers"}})
        volume = next(volume for volume in self.pod(things)["volumes"] if volume["name"] == "docker")
        mount = next(mount for mount in self.container(things)["volumeMounts"] if mount["name"] == "docker")
        self.assertEqual(volume["hostPath"]["path"], "/data/docker/containers")
        self.assertEqual(mount["mountPath"], "/host/var/lib/docker/containers")


class ContentTest(ChartTest):
    def config(self, values):
        return self.only("ConfigMap", objects_of(values))["data"]["connwatch.yaml"]

    def test_the_version_is_that_of_the_project(self):
        version = re.search(r"project\(connwatch\s+VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        chart = yaml.safe_load((render.CHART / "Chart.yaml").read_text())
        self.assertEqual((chart["version"], chart["appVersion"]), (version, version))
        tags = yaml.safe_load((render.MANIFESTS / "kustomization.yaml").read_text())["images"]
        self.assertEqual([image["newTag"] for image in tags], [version])
        self.assertEqual(self.container(self.rendered["default"])["image"], f"localhost/connwatch:{version}")
        self.assertEqual(self.container(self.rendered["everything"])["image"],
                         f"registry.example:5000/team/connwatch:1.2@{DIGEST}")

    def test_files_and_manifests_are_as_deploy_render_writes_them(self):
        files = {file: file.read_text() for file in (render.CHART / "files").rglob("*") if file.is_file()}
        self.assertEqual(files, render.chart_files(), "run deploy/render.py")
        for path, text in render.manifests().items():
            self.assertEqual(path.read_text(), text, "run deploy/render.py")

    def test_the_daemon_takes_the_configuration(self):
        for name in SETS:
            with self.subTest(name), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(self.only("ConfigMap", [thing for thing in self.rendered[name]
                                                   if "connwatch.yaml" in thing.get("data", {})]
                                     )["data"]["connwatch.yaml"])
                file.flush()
                done = run("--check-config", "--config.file", file.name)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_key_of_the_configuration_survives_helm(self):
        full = yaml.safe_load((ROOT / "config/connwatch.yaml").read_text())
        full["host_root"] = "/host"
        self.assertEqual(yaml.safe_load(self.config({"config": full})), full)

    def test_a_change_of_the_configuration_replaces_the_pods(self):
        def checksum(values):
            template = self.only("DaemonSet", objects_of(values))["spec"]["template"]
            return template["metadata"]["annotations"]["checksum/config"]
        default = checksum({})
        self.assertEqual(checksum({"service": {"annotations": {"a": "b"}}}), default)
        self.assertNotEqual(checksum({"config": {"max_groups": 50}}), default)

    def test_the_rules_are_what_the_daemon_prints_and_the_recording_rules(self):
        alerts = yaml.safe_load(run("--print-rules").stdout)["groups"]
        records = yaml.safe_load((ROOT / "dashboards/prometheus/connwatch.rules.yml").read_text())["groups"]
        spec = self.only("PrometheusRule", self.rendered["everything"])["spec"]
        self.assertEqual(spec["groups"], alerts + records)
        self.assertEqual(self.only("PrometheusRule", self.rendered["hardened"])["spec"]["groups"], records)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.dump(spec, file)
            file.flush()
            done = subprocess.run([find_tool("promtool"), "check", "rules", file.name], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_dashboards_are_those_of_the_tree(self):
        maps = [thing for thing in self.rendered["everything"]
                if thing["metadata"]["labels"].get("grafana_dashboard") == "1"]
        files = {f"connwatch-{file.name}": json.loads(file.read_text())
                 for file in (ROOT / "dashboards/grafana").glob("*.json")}
        found = {name: json.loads(text) for thing in maps for name, text in thing["data"].items()}
        self.assertEqual(found, files)

    def test_whoever_looks_for_the_pods_finds_them(self):
        for name, things in self.rendered.items():
            with self.subTest(name):
                daemon_set = self.only("DaemonSet", things)["spec"]
                labels = daemon_set["template"]["metadata"]["labels"].items()
                selectors = [daemon_set["selector"]["matchLabels"], self.only("Service", things)["spec"]["selector"]]
                selectors += [thing["spec"]["selector"]["matchLabels"] for thing in things
                              if thing["kind"].endswith("Monitor")]
                for selector in selectors:
                    self.assertLessEqual(selector.items(), labels)
                container = self.container(things)
                port = container["ports"][0]
                self.assertTrue(all(word.endswith(f":{port['containerPort']}") for word in container["args"]
                                    if word.startswith("--web.listen-address=")))
                self.assertEqual(self.only("Service", things)["spec"]["ports"][0]["port"], port["containerPort"])

    def test_tls_reaches_probes_and_monitor(self):
        container = self.container(self.rendered["everything"])
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertEqual(container[probe]["httpGet"]["scheme"], "HTTPS")
            self.assertEqual(container[probe]["httpGet"]["httpHeaders"][0]["name"], "Authorization")
            self.assertEqual(self.container(self.rendered["hardened"])[probe]["tcpSocket"],
                             {"port": "metrics", "host": "127.0.0.1"})
        monitor = self.only("ServiceMonitor", self.rendered["everything"])
        self.assertEqual(monitor["spec"]["endpoints"][0]["scheme"], "https")
        self.assertIn("--web.config.file=/etc/connwatch-web/web.yml", container["args"])


class PackagingTest(ChartTest):
    def test_a_packed_chart_makes_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([render.find_helm(), "package", render.CHART, "--destination", folder], check=True,
                           capture_output=True)
            packed, = pathlib.Path(folder).iterdir()
            done = helm("template", "connwatch", packed, "--namespace", "watch", values=EVERYTHING)
            self.assertEqual(objects(done.stdout), self.rendered["everything"])

    def test_kustomize_takes_the_plain_manifests(self):
        """With another registry, as an overlay of somebody has it."""
        # Relative, because kustomize takes no absolute paths.
        with tempfile.TemporaryDirectory() as folder:
            base = os.path.relpath(render.MANIFESTS, pathlib.Path(folder).resolve())
            (pathlib.Path(folder) / "kustomization.yaml").write_text(json.dumps({
                "resources": [base, f"{base}/monitoring"],
                "images": [{"name": "localhost/connwatch", "newName": "registry.example/connwatch"}]}))
            done = subprocess.run([find_tool("kubectl"), "kustomize", folder], capture_output=True, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        things = objects(done.stdout)
        self.assertEqual(sorted(thing["kind"] for thing in things), [
            "ConfigMap", "DaemonSet", "Namespace", "PodMonitor", "PrometheusRule", "Service", "ServiceAccount"])
        self.assertRegex(self.container(things)["image"], r"^registry\.example/connwatch:[\d.]+$")
        namespace = self.only("Namespace", things)["metadata"]
        self.assertEqual({thing["metadata"].get("namespace", namespace["name"]) for thing in things},
                         {namespace["name"]})


if __name__ == "__main__":
    unittest.main()
