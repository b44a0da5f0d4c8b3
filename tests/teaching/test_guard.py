"""The guard, in a process of its own, since it cannot be taken back."""

import json
import subprocess
import sys

import pytest

SCRIPT = r"""
import json, os, shutil, socket, subprocess, sys, tempfile
from pathlib import Path
from mcsan_lite.teaching.guard import install_guard, limit_memory

inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
(inside / "link").symlink_to(outside / "kept.txt")
install_guard(inside, (outside / "others",))

def shm():
    with tempfile.TemporaryDirectory(dir=inside) as name:
        Path(name, "x").write_text("1")
        os.rename(Path(name, "x"), inside / "y")

def open_folder():
    folder = os.open(outside, os.O_RDONLY)
    os.remove("kept.txt", dir_fd=folder)

tries = {
    "write inside": lambda: (inside / "a.txt").write_text("1"),
    "temporary": shm,
    "read outside": lambda: (outside / "kept.txt").read_text(),
    "null": lambda: open(os.devnull, "w"),
    "write outside": lambda: (outside / "kept.txt").write_text("gone"),
    "append": lambda: open(outside / "kept.txt", "a"),
    "update": lambda: open(outside / "kept.txt", "r+"),
    "through a link": lambda: (inside / "link").write_text("gone"),
    "through dots": lambda: (inside / ".." / "outside" / "kept.txt").write_text("gone"),
    "remove": lambda: os.remove(outside / "kept.txt"),
    "remove by folder": open_folder,
    "rename": lambda: os.rename(outside / "kept.txt", inside / "mine"),
    "rmtree": lambda: shutil.rmtree(outside / "others"),
    "mkdir": lambda: os.mkdir(outside / "new"),
    "others": lambda: (outside / "others" / "ben.txt").read_text(),
    "system": lambda: os.system("true"),
    "program": lambda: subprocess.run([sys.executable, "-c", ""]),
    "fork": os.fork,
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "name": lambda: socket.getaddrinfo("example.org", 80),
    "send": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    "kill": lambda: os.kill(os.getppid(), 0),
}
said = {}
for name, attempt in tries.items():
    try:
        attempt()
        said[name] = ""
    except PermissionError as error:
        said[name] = str(error)
limited = limit_memory(2)
try:
    bytearray(8 * 2**30)
    said["memory"] = ""
except MemoryError:
    said["memory"] = "MemoryError"
json.dump([said, limited], sys.stdout)
"""
ALLOWED = {"write inside", "temporary", "read outside", "null"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux are looked at")
def test_the_guard_refuses_what_no_lesson_needs(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    (outside / "others").mkdir(parents=True)
    (outside / "kept.txt").write_text("kept")
    (outside / "others" / "ben.txt").write_text("private")
    command = [sys.executable, "-c", SCRIPT, str(inside), str(outside)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, limited = json.loads(done.stdout)
    assert {name for name, words in said.items() if not words} == ALLOWED
    refusals = {name: words for name, words in said.items() if words and name != "memory"}
    assert all("marking: " in words for words in refusals.values()), refusals
    assert said["memory"] == "MemoryError" and "RLIMIT_DATA" in limited
    assert (outside / "kept.txt").read_text() == "kept"
    assert sorted(path.name for path in outside.iterdir()) == ["kept.txt", "others"]
