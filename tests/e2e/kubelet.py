"""What a kubelet and its container runtime leave on a host: control groups, names in /var/log, and processes
in network namespaces. The containers are processes of the test; what the kernel and the file system say about
them is as with real ones."""
import contextlib
import itertools
import os
import pathlib
import re
import signal
import socket
import uuid

import network
from network import CLONE_NEWNET, LIBC
from podman import mount_namespace
from support import cannot_run

LOGS = "mount --make-rprivate /; mount -t tmpfs kubelet /var/log; mkdir /var/log/pods /var/log/containers"
PORT = 8080


def cgroup_of(driver, uid, container_id):
    """Where the drivers of the kubelet and of the runtimes put a container."""
    escaped = uid.replace("-", "_")
    besteffort = "kubepods.slice/kubepods-besteffort.slice"
    return {
        "containerd": f"{besteffort}/kubepods-besteffort-pod{escaped}.slice/"
                      f"cri-containerd-{container_id}.scope",
        "crio": f"kubepods.slice/kubepods-pod{escaped}.slice/crio-{container_id}.scope",
        "docker": f"{besteffort}/kubepods-besteffort-pod{escaped}.slice/docker-{container_id}.scope",
        "cgroupfs": f"kubepods/burstable/pod{uid}/{container_id}",
        "mixed": f"system.slice/containerd.service/kubepods-pod{escaped}.slice:cri-containerd:"
                 f"{container_id}",
    }[driver]


class Pod:
    """A pod of one container, which listens at PORT and accepts nothing."""

    def __init__(self, top, name_space, name, container, driver):
        self.name_space, self.name, self.container = name_space, name, container
        self.uid, self.id = str(uuid.uuid4()), os.urandom(32).hex()
        self.labels = {"netns": f"{name_space}/{name}", "namespace": name_space, "pod": name}
        self._top = top
        self._cgroup = top / cgroup_of(driver, self.uid, self.id)
        self._logs = [pathlib.Path("/var/log/pods", f"{name_space}_{name}_{self.uid}"),
                      pathlib.Path("/var/log/containers",
                                   f"{name}_{name_space}_{container}-{self.id}.log")]

    def start(self, backlog, host_network):
        self._logs[0].mkdir()
        self._logs[1].touch()
        self._cgroup.mkdir(parents=True)
        ready, told = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._be_the_container(told, backlog, host_network)
        os.close(told)
        with open(ready, "rb") as pipe:
            if pipe.read() != b"ready":
                raise AssertionError(f"the container of {self.name} did not start")

    def _be_the_container(self, told, backlog, host_network):
        try:
            (self._cgroup / "cgroup.procs").write_text(str(os.getpid()))
            if not host_network and LIBC.unshare(CLONE_NEWNET) != 0:
                os._exit(1)
            listener = socket.create_server(("0.0.0.0", PORT), backlog=backlog)
            os.write(told, b"ready")
            os.close(told)
            signal.pause()
            listener.close()
        finally:
            os._exit(1)

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._logs[0].rmdir()
        self._logs[1].unlink()
        folder = self._cgroup
        while folder != self._top:
            with contextlib.suppress(OSError):  # the folders of other pods are in it
                folder.rmdir()
            folder = folder.parent

    @contextlib.contextmanager
    def inside(self):
        """This thread is in the pod's network namespace until the end of the with block."""
        handle = network.namespace_of(self.pid)
        try:
            with network.inside(handle):
                yield
        finally:
            os.close(handle)


class Kubelet(contextlib.ExitStack):
    """Use as a context manager: all pods are gone at the end. This thread and what it starts, such as a
    daemon, see its /var/log until then."""

    _numbers = itertools.count()

    def __enter__(self):
        super().__enter__()
        with open("/proc/self/mountinfo") as file:
            mount = re.search(r"^\S+ \S+ \S+ / (\S+) .* - cgroup2 ", file.read(), re.MULTILINE)
        if not mount:
            cannot_run("no cgroup v2")
        with contextlib.ExitStack() as undo:
            self.top = pathlib.Path(mount[1], f"kubelet-{os.getpid()}-{next(self._numbers)}")
            self.top.mkdir()
            undo.callback(self.top.rmdir)
            undo.enter_context(mount_namespace(LOGS))
            self.pods = []
            undo.callback(lambda: [self.stop(pod) for pod in list(self.pods)])
            self.push(undo.pop_all())
        return self

    def start(self, name_space, name, container="app", driver="containerd", backlog=16, host_network=False):
        """With `host_network` the pod is in the network namespace of this thread."""
        pod = Pod(self.top, name_space, name, container, driver)
        self.pods.append(pod)
        pod.start(backlog, host_network)
        return pod

    def stop(self, pod):
        self.pods.remove(pod)
        pod.stop()
