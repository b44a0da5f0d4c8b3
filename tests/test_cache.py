"""Arrays on disk: the right one, whole, or made again."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mcsan_lite import cache
from mcsan_lite.cache import get_or_make, key, write_atomic


def test_a_key_is_its_parts_and_nothing_else(monkeypatch):
    keys = [
        key(),
        key("a"),
        key("a", "b"),
        key("ab"),
        key("b", "a"),
        key(b"a"),
        key(1),
        key("1"),
        key(("a", "b")),
    ]
    assert len(set(keys)) == len(keys) and all(len(k) == 32 and int(k, 16) >= 0 for k in keys)
    assert key("a", 0.5, (1, 2)) == key("a", 0.5, (1, 2))
    before = key("a")
    monkeypatch.setattr(cache, "FORMAT", cache.FORMAT + 1)
    assert key("a") != before


def test_a_key_is_the_same_in_another_process():
    code = "from mcsan_lite.cache import key; print(key('a', {'x': 1}, ('b', 2.5), b'c'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == key("a", {"x": 1}, ("b", 2.5), b"c")


def test_made_once_then_read(tmp_path):
    array, calls = np.arange(6, dtype=np.float32).reshape(2, 3), []

    def make():
        calls.append(1)
        return array

    for _ in range(3):
        found = get_or_make(tmp_path, "abcdef", make)
        np.testing.assert_array_equal(found, array)
        assert found.dtype == np.float32
    assert len(calls) == 1
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")] == ["ab/abcdef.npy"]


@pytest.mark.parametrize(
    "damage", [b"", b"\x93NUMPY", b"PK\x03\x04 no zip", b"rubbish" * 50, None], ids=str
)
def test_a_damaged_file_is_made_again(tmp_path, damage):
    array = np.arange(1000)
    get_or_make(tmp_path, "abc", lambda: array)
    file = tmp_path / "ab" / "abc.npy"
    file.write_bytes(file.read_bytes()[:-9] if damage is None else damage)
    np.testing.assert_array_equal(get_or_make(tmp_path, "abc", lambda: array + 1), array + 1)
    np.testing.assert_array_equal(np.load(file), array + 1)


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").touch, ()

    (tmp_path / "ab").mkdir()
    np.save(tmp_path / "ab" / "abc.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    assert get_or_make(tmp_path, "abc", lambda: np.zeros(2)).tolist() == [0, 0]
    assert not (tmp_path / "sprung").exists()


def test_what_fails_leaves_nothing(tmp_path):
    def fail():
        raise MemoryError("too large")

    with pytest.raises(MemoryError, match="too large"):
        get_or_make(tmp_path, "abc", fail)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_half_written_files_are_never_seen(tmp_path, error):
    file = tmp_path / "deep" / "file.txt"

    def half(part):
        part.write_text("half", encoding="utf-8")
        assert part.parent == file.parent and part.suffix == ".txt" and not file.exists()
        raise error

    with pytest.raises(type(error)):
        write_atomic(file, half)
    assert list(file.parent.iterdir()) == []


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "file.txt"
    write_atomic(file, lambda part: part.write_text("old", encoding="utf-8"))

    def half(part):
        part.write_text("new", encoding="utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomic(file, half)
    assert file.read_text(encoding="utf-8") == "old"
    write_atomic(file, lambda part: part.write_text("new", encoding="utf-8"))
    assert file.read_text(encoding="utf-8") == "new" and [p.name for p in tmp_path.iterdir()] == [
        "file.txt"
    ]
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o644


def test_the_last_step_is_a_rename(tmp_path, monkeypatch):
    file = tmp_path / "file.txt"
    write_atomic(file, lambda part: part.write_text("old", encoding="utf-8"))
    moved = []
    monkeypatch.setattr(
        os,
        "replace",
        lambda part, path: moved.append((Path(part).read_text(encoding="utf-8"), path)),
    )
    write_atomic(file, lambda part: part.write_text("new", encoding="utf-8"))
    assert (
        moved == [("new", file)] and file.read_text(encoding="utf-8") == "old"
    )  # nothing but the rename touches it
