"""Arrays on disk: the right one, whole, or made again."""

import os
import subprocess
import sys
import zlib
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


def rows_of(values, about=None):
    values = np.asarray(values, np.float32)
    return cache.Rows([2, len(values) - 2], (values[:2], values[2:]), values.shape[1], about)


@pytest.mark.parametrize("ending", [".npy", ".json"])
def test_a_flipped_bit_anywhere_is_seen(tmp_path, ending):
    values = np.arange(40).reshape(8, 5)
    cache.store_rows(tmp_path, "abc", rows_of(values, {"word": "so"}))
    file = tmp_path / "ab" / f"abc{ending}"
    whole = file.read_bytes()
    for at in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        file.write_bytes(damaged)
        os.utime(file, ns=(at, at))  # a copy with another date: it is checked again
        assert cache.load_rows(tmp_path, "abc") is None, at
    file.write_bytes(whole)
    found = cache.load_rows(tmp_path, "abc")
    np.testing.assert_array_equal(np.concatenate(found.arrays), values)
    assert found.about == {"word": "so"}


@pytest.mark.parametrize("at", [0, 9, 60, 130, 200, -20, -3])
def test_a_flipped_bit_of_one_array_is_seen(tmp_path, at):
    get_or_make(tmp_path, "abc", lambda: np.arange(50))
    file = tmp_path / "ab" / "abc.npy"
    damaged = bytearray(file.read_bytes())
    damaged[at] ^= 4
    file.write_bytes(damaged)
    assert cache.load_array(tmp_path, "abc") is None


def test_files_of_an_earlier_version_are_made_again(tmp_path):
    values = np.ones((4, 3), np.float32)
    (tmp_path / "ab").mkdir()
    np.save(tmp_path / "ab" / "abc.npy", values)
    (tmp_path / "ab" / "abc.json").write_text('{"lengths": [2, 2], "about": null}')
    assert cache.load_array(tmp_path, "abc") is None
    found = cache.get_or_make_rows(tmp_path, "abc", lambda: rows_of(values + 1))
    np.testing.assert_array_equal(np.concatenate(found.arrays), values + 1)


def test_a_whole_file_with_a_foreign_note_is_made_again(tmp_path):
    cache.store_rows(tmp_path, "abc", rows_of(np.ones((4, 3))))
    note = b'{"lengths": [2, 9], "about": null}'
    for text in (note, b"[]", b'{"lengths": "ab"}', b"[" * 10_000):
        (tmp_path / "ab" / "abc.json").write_bytes(text + cache._seal(zlib.crc32(text)))
        assert cache.load_rows(tmp_path, "abc") is None


def test_a_file_is_checked_once_until_it_changes(tmp_path, monkeypatch):
    cache.store_rows(tmp_path, "abc", rows_of(np.ones((4, 3))))
    cache.load_rows(tmp_path, "abc")
    before = cache._is_whole.cache_info().misses
    cache.load_rows(tmp_path, "abc")
    assert cache._is_whole.cache_info().misses == before


def test_the_report_names_what_is_damaged(tmp_path):
    for name in ("aa1", "bb1", "cc1"):
        get_or_make(tmp_path, name, lambda: np.arange(50))
    damaged, old = tmp_path / "bb" / "bb1.npy", tmp_path / "cc" / "cc1.npy"
    damaged.write_bytes(damaged.read_bytes().replace(b"\x07", b"\x08"))
    np.save(old, np.arange(3))
    report = cache.examine_cache(tmp_path)
    assert (report.files, report.damaged, report.unsealed) == (3, [damaged], [old])
    assert report.bytes == sum(path.stat().st_size for path in tmp_path.rglob("*.npy"))
    assert cache.examine_cache(tmp_path / "nowhere").files == 0


@pytest.mark.parametrize("ending", [".npy", ".json"])
def test_a_file_that_was_cut_off_is_damaged(tmp_path, ending):
    cache.store_rows(tmp_path, "abc", rows_of(np.arange(40).reshape(8, 5), {"word": "so"}))
    file = tmp_path / "ab" / f"abc{ending}"
    whole = file.read_bytes()
    seal = len(cache._seal(0))
    inside = len(whole) - seal - 7
    left_of_a_seal = [len(whole) - cut for cut in (1, 5, 9, 10, seal - 2)]
    for size in (0, 3, inside // 2, inside, *left_of_a_seal):
        file.write_bytes(whole[:size])
        report = cache.examine_cache(tmp_path)
        assert (report.damaged, report.unsealed) == ([file], []), size
    file.write_bytes(whole[:-seal])  # as an earlier version wrote it
    report = cache.examine_cache(tmp_path)
    assert (report.damaged, report.unsealed) == ([], [file])


def test_whole_arrays_of_an_earlier_version_are_known(tmp_path):
    (tmp_path / "ab").mkdir()
    arrays = (np.zeros((0, 3)), np.float32(2), np.asfortranarray(np.ones((3, 2))), np.arange(4))
    for number, array in enumerate(arrays):
        np.save(tmp_path / "ab" / f"ab{number}.npy", array)
    np.save(tmp_path / "ab" / "abo.npy", np.array([{}], dtype=object), allow_pickle=True)
    report = cache.examine_cache(tmp_path)
    assert len(report.unsealed) == len(arrays)
    assert [path.name for path in report.damaged] == ["abo.npy"]


def npy(shape, dtype="<f8", body=b"", version=b"\x01\x00"):
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        npy("(10**12,)"),
        npy("(1_000_000_000_000,)"),
        npy("(2, -3)", body=bytes(48)),
        npy("(-1,)", body=bytes(48)),
        npy("(2, 3)", body=bytes(47)),
        npy("(2,", body=bytes(48)),
        npy("(2,), 'shape': [[", body=bytes(48)),
        npy("(True,)", body=bytes(48)),
        npy("('a',)", body=bytes(48)),
        npy("(0, 2**70)"),
        npy(f"(0, {2**70})"),
        npy("(1,)", "O", bytes(8)),
        npy("(1,)", "no", bytes(8)),
        npy("(1,)", version=b"\x09\x00", body=bytes(8)),
        npy("(" * 300 + ")" * 300, body=bytes(8)),
        npy("(1,)\x00", body=bytes(8)),
    ],
    ids=lambda data: repr(data[8:60]),
)
def test_a_header_is_compared_with_what_is_there(data):
    with pytest.raises(ValueError):
        cache.parse_npy(data)


@pytest.mark.parametrize("order", ["C", "F"])
def test_whole_arrays_are_parsed(tmp_path, order):
    values = np.asarray(np.arange(12, dtype=np.int16).reshape(3, 4), order=order)
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(cache.parse_npy((tmp_path / "a.npy").read_bytes()), values)


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
