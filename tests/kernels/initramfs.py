"""The files of a guest as the kernel unpacks them into its first file system: cpio, format "newc".

kernel: Documentation/driver-api/early-userspace/buffer-format.rst. Archives may stand one behind
the other; a later one adds to an earlier one.
"""
import os
import pathlib
import re
import stat
import subprocess

FOLDER_MODE = stat.S_IFDIR | 0o755


class Initramfs:
    """An archive in the making. Finish with `bytes`."""

    def __init__(self):
        self._parts = []
        self._names = set()

    def bytes(self):
        self._append("TRAILER!!!", 0, b"", 0)
        return b"".join(self._parts)

    def add(self, path, content, mode=0o644, modified=0):
        """`path` in the guest, absolute. Makes its folders. The first content of a path stays."""
        self.add_folder(pathlib.PurePath(path).parent)
        self._add(str(path), stat.S_IFREG | mode, content, modified)

    def add_folder(self, path):
        for folder in [*reversed(pathlib.PurePath(path).parents), path]:
            if str(folder) != "/":
                self._add(str(folder), FOLDER_MODE, b"", 0)

    def add_file(self, file, path=None):
        """A file of this host, by default at the same place. Links are followed."""
        status = os.stat(file)
        content = pathlib.Path(file).read_bytes()
        self.add(path or file, content, stat.S_IMODE(status.st_mode), int(status.st_mtime))

    def add_tree(self, folder, path=None, left_out=()):
        """Without the folders and file name endings in `left_out`."""
        for parent, folders, files in os.walk(folder):
            folders[:] = sorted(set(folders) - set(left_out))
            for name in sorted(files):
                file = pathlib.Path(parent) / name
                if not name.endswith(tuple(left_out)) and file.exists():
                    self.add_file(file, (path or folder) / file.relative_to(folder))

    def add_program(self, file, path=None):
        """With the shared libraries that it needs."""
        self.add_file(file, path)
        self.add_libraries(file)

    def add_libraries(self, *files):
        output = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(?:=> |^\t)(/\S+)", output, re.MULTILINE):
            self.add_file(library)

    def _add(self, path, mode, content, modified):
        name = path.lstrip("/")
        if name not in self._names:
            self._names.add(name)
            self._append(name, mode, content, modified)

    def _append(self, name, mode, content, modified):
        """kernel: init/initramfs.c, do_header() and what follows it."""
        encoded = name.encode() + b"\0"
        numbers = (len(self._names), mode, 0, 0, 1, modified, len(content), 0, 0, 0, 0,
                   len(encoded), 0)
        header = b"070701" + "".join(f"{number:08x}" for number in numbers).encode() + encoded
        for part in (header, content):
            self._parts += [part, bytes(-len(part) % 4)]
