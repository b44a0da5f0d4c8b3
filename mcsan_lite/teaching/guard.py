"""What a student's code may do on the teacher's machine: Python's own hooks say no to the rest.

In: the folder that is the sandbox. Out: nothing; from then on, this process writes only below that
folder, opens no connection to a network and starts no program. The guard sees what Python itself
does. Code in C that opens files or sockets passes it, so for people whom you do not trust, run the
whole command in a container (docs/teaching.md says how).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Audit events of Python that change a file, with the number of paths that they begin with.
_CHANGES = {
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.setxattr": 1,
    "os.truncate": 1,
    "os.utime": 1,
    "shutil.move": 2,
    "shutil.rmtree": 1,
}
_PROGRAMS = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "pty.spawn",
    "subprocess.Popen",
    "_winapi.CreateProcess",
)
_NETWORK = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind")
_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_HERE = ("127.0.0.1", "::1", "localhost")


def install_guard(sandbox: Path, hidden: tuple[Path, ...] = ()) -> None:
    """Refuse from now on, with a PermissionError, what a lesson has no need of.

    It cannot be taken back: an audit hook stays as long as its process.

    Args:
        sandbox: the folder below which files may be written.
        hidden: folders below which no file may be read, such as those of the other students.
    """
    refusals = _Refusals(os.path.realpath(sandbox), tuple(map(os.path.realpath, hidden)))
    watchers: dict[str, Callable[[tuple], None]] = {"open": refusals.opened}
    for event, paths in _CHANGES.items():
        watchers[event] = refusals.changing(paths)
    watchers["os.symlink"] = refusals.linked
    watchers |= dict.fromkeys(_PROGRAMS, _no_program)
    watchers |= dict.fromkeys(_NETWORK, _no_network)
    watchers |= dict.fromkeys(_NAMES, _no_name)
    for event in ("os.kill", "os.killpg"):
        watchers[event] = _only_itself

    def watch(event: str, args: tuple) -> None:
        watcher = watchers.get(event)
        if watcher is not None:
            watcher(args)

    sys.addaudithook(watch)


class _Refusals:
    """What depends on the folders. Paths are looked at as the disk sees them, links resolved."""

    def __init__(self, sandbox: str, hidden: tuple[str, ...]) -> None:
        self._sandbox = sandbox
        self._hidden = hidden

    def opened(self, args: tuple) -> None:
        path, _, flags = args
        if isinstance(path, int):  # a file that is open already
            return
        if isinstance(flags, int) and flags & _WRITING:
            self.require_inside(path)
        elif self._hidden and _below(os.path.realpath(os.fsdecode(path)), self._hidden):
            raise PermissionError(f"marking: {os.fsdecode(path)} may not be read here")

    def linked(self, args: tuple) -> None:
        _, link, *_ = args
        self.require_inside(link)

    def changing(self, paths: int) -> Callable[[tuple], None]:
        def changed(args: tuple) -> None:
            folder = next((one for one in args[paths:] if isinstance(one, int)), -1)
            for path in args[:paths]:
                self.require_inside(path, folder)

        return changed

    def require_inside(self, path: object, folder: int = -1) -> None:
        if isinstance(path, int):
            return
        place = os.fsdecode(path)
        if folder >= 0 and not os.path.isabs(place):
            opened = f"/proc/self/fd/{folder}"
            if not os.path.exists(opened):  # no Linux: what opened the folder was looked at
                return
            place = os.path.join(os.readlink(opened), place)
        # The folder of a link counts, not what it leads to, unless it is opened for writing: that
        # is looked at by its own event.
        real = os.path.realpath(place)
        if real != os.devnull and not _below(real, (self._sandbox,)):
            raise PermissionError(f"marking: {place} may not be written here")


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one + os.sep) for one in folders)


def _no_program(args: tuple) -> None:
    raise PermissionError("marking: no other program may be started here")


def _no_network(args: tuple) -> None:
    _, address, *_ = args
    # Windows builds Python's own socket pairs from connections of the process with itself.
    own = os.name == "nt" and isinstance(address, tuple) and address[0] in _HERE
    if isinstance(address, tuple) and not own:
        raise PermissionError("marking: there is no network here")


def _no_name(args: tuple) -> None:
    host, *_ = args
    if host not in (*_HERE, None, ""):
        raise PermissionError("marking: there is no network here")


def _only_itself(args: tuple) -> None:
    process, *_ = args
    if process != os.getpid():
        raise PermissionError("marking: no other process may be ended here")


def limit_memory(gigabytes: float, file_gigabytes: float = 1.0) -> str:
    """Have the system refuse more memory, and longer files, than this.

    Args:
        gigabytes: of memory that the process may write to.
        file_gigabytes: of one file.

    Returns:
        What was limited, in words; "" where the system offers no limits (Windows), or only some
        (macOS takes the limit of memory and does not keep it).
    """
    try:
        import resource
    except ImportError:
        return ""
    limited = []
    wanted = {"RLIMIT_DATA": gigabytes, "RLIMIT_FSIZE": file_gigabytes}
    for name, size in wanted.items():
        kind = getattr(resource, name)
        _, hardest = resource.getrlimit(kind)
        soft = int(size * 2**30)
        if hardest != resource.RLIM_INFINITY:
            soft = min(soft, hardest)
        try:
            resource.setrlimit(kind, (soft, soft))
        except (ValueError, OSError):
            continue
        limited.append(name)
    return ", ".join(limited)
