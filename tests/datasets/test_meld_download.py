"""Downloads from a small server on this machine, and archives that mean harm. Nothing here leaves 127.0.0.1."""

import contextlib
import functools
import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.datasets.archives import Limits, unpack
from mcsan_lite.datasets.meld import download
from mcsan_lite.datasets.meld.download import ANNOTATION_FILES, CLIP_FOLDERS, download_meld, fetch
from mcsan_lite.errors import DataError

CONTENT = bytes(range(251)) * 700
SHA = hashlib.sha256(CONTENT).hexdigest()
DATA = Path(os.environ.get("MCSAN_DATA", Path(__file__).parents[3] / "shared" / "data")) / "meld"


class Server:
    """What the server holds and how it behaves; `asked` lists (path, Range) of every request."""

    def __init__(self, address: str) -> None:
        self.address, self.files, self.asked = address, {"/a.bin": CONTENT}, []
        self.ranges, self.cut_at, self.fails, self.etag = True, {}, [], '"one"'


class Handler(BaseHTTPRequestHandler):
    server_plan: Server

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        plan = self.server_plan
        asked = self.headers["Range"]
        plan.asked.append((self.path, asked))
        if plan.fails:
            self.send_error(plan.fails.pop(0))
            return
        content = plan.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and plan.ranges else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", plan.etag)
        self.end_headers()
        end = plan.cut_at.pop(self.path, len(content))
        self.wfile.write(content[start:end])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download, "WAIT_S", 0.0)
    monkeypatch.setattr(download, "TIMEOUT_S", 5.0)
    handler = type("Planned", (Handler,), {})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.server_plan = Server(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler.server_plan
    http.shutdown()
    thread.join()
    http.server_close()


def names(folder) -> list[str]:
    """Everything below a folder, hidden files too."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


@pytest.fixture
def cut_off(server, tmp_path, monkeypatch):
    """The refusal of a download of which 1,000 bytes came before the server hung up."""
    server.cut_at["/a.bin"] = 1000
    with monkeypatch.context() as once:
        once.setattr(download, "TRIES", 1)
        text = refusals.refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin"))
    assert (tmp_path / "a.bin.part").read_bytes() == CONTENT[:1000] and not (
        tmp_path / "a.bin"
    ).exists()
    return text


def test_fresh_then_nothing(server, tmp_path, capsys):
    target = tmp_path / "new" / "folder" / "a.bin"
    assert fetch(f"{server.address}/a.bin", str(target), sha256=SHA, size=len(CONTENT)) == target
    assert (
        target.read_bytes() == CONTENT
        and names(target.parent) == ["a.bin"]
        and "a.bin: 100%" in capsys.readouterr().err
    )
    assert fetch(f"{server.address}/a.bin", target, sha256=SHA) == target
    assert server.asked == [("/a.bin", None)]


@pytest.mark.parametrize(
    "sha256, same",
    [
        (f"{SHA[:8]}…{SHA[-8:]}", True),
        (f"{SHA[:8]}…{SHA[:8]}", False),
        (f"{SHA[-8:]}…{SHA[-8:]}", False),
        (SHA[::-1], False),
    ],
)
def test_the_ends_of_a_checksum(server, tmp_path, sha256, same):
    if same:
        fetch(f"{server.address}/a.bin", tmp_path / "a.bin", sha256=sha256)
    else:
        assert sha256 in refusals.refusal(
            lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", sha256=sha256)
        )
        assert names(tmp_path) == []


def test_resume_asks_only_for_the_rest(server, tmp_path, cut_off):
    target = tmp_path / "a.bin"
    assert (
        f"1,000 of {len(CONTENT):,} bytes" in cut_off
        and "a.bin.part" in cut_off
        and server.address in cut_off
    )
    fetch(f"{server.address}/a.bin", target, sha256=SHA)
    assert server.asked[1:] == [("/a.bin", "bytes=1000-")] and target.read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_cut_connection_is_taken_up_within_one_call(server, tmp_path):
    server.cut_at["/a.bin"], server.fails = 50_000, [503]
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, None, "bytes=50000-"]


def test_no_storm_of_tries(server, tmp_path):
    server.fails = [500] * 10
    assert "500" in refusals.refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin"))
    assert len(server.asked) == download.TRIES == 3


def test_a_server_without_ranges_sends_all_again(server, tmp_path, cut_off):
    server.ranges = False
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "content, etag",
    [(CONTENT[::-1], '"two"'), (CONTENT[::-1] + b"more", '"one"'), (b"less", '"two"')],
)
def test_a_file_that_changed_is_not_patched_together(server, tmp_path, cut_off, content, etag):
    server.files["/a.bin"], server.etag = content, etag
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == content
    assert names(tmp_path) == ["a.bin"]


def test_another_address_is_another_file(server, tmp_path, cut_off):
    server.files["/b.bin"] = CONTENT[::-1]
    assert fetch(f"{server.address}/b.bin", tmp_path / "a.bin").read_bytes() == CONTENT[::-1]


def test_a_part_of_unknown_origin_is_not_used(server, tmp_path):
    (tmp_path / "a.bin.part").write_bytes(b"?" * 500)
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == CONTENT
    assert server.asked == [("/a.bin", None)]


def test_a_part_that_is_whole_already(server, tmp_path, cut_off):
    (tmp_path / "a.bin.part").write_bytes(CONTENT)  # stopped between the last byte and the renaming
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin", sha256=SHA).read_bytes() == CONTENT
    assert server.asked[1:] == [("/a.bin", f"bytes={len(CONTENT)}-")]


def test_a_part_that_is_too_long(server, tmp_path, cut_off):
    (tmp_path / "a.bin.part").write_bytes(CONTENT + b"!")
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_keeps_nothing(server, tmp_path):
    text = refusals.refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", sha256="0" * 64)
    )
    assert SHA in text and "0" * 64 in text and "deleted" in text and names(tmp_path) == []


def test_a_wrong_size_is_refused_before_it_comes(server, tmp_path):
    text = refusals.refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", size=17))
    assert "175,700 bytes" in text and "another one now" in text
    assert names(tmp_path) == []


@pytest.mark.parametrize("options", [{"sha256": SHA}, {"size": len(CONTENT)}])
def test_another_file_under_that_name_is_left_alone(server, tmp_path, options):
    (tmp_path / "a.bin").write_bytes(b"mine")
    text = refusals.refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", **options))
    assert "move" in text and (tmp_path / "a.bin").read_bytes() == b"mine" and server.asked == []


def test_404_is_not_tried_again(server, tmp_path):
    text = refusals.refusal(lambda: fetch(f"{server.address}/gone.bin", tmp_path / "a.bin"))
    assert (
        f"{server.address}/gone.bin" in text
        and "404" in text
        and len(server.asked) == 1
        and names(tmp_path) == []
    )


def test_nobody_answers(server, tmp_path, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        address = f"http://127.0.0.1:{closed.server_address[1]}/a.bin"
    text = refusals.refusal(lambda: fetch(address, tmp_path / "a.bin"))
    assert address in text and "3 tries" in text and "call again" in text


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://x/y", "a.bin", ""])
def test_other_addresses(tmp_path, url):
    assert repr(url) in refusals.refusal(lambda: fetch(url, tmp_path / "a.bin"))


def test_a_place_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").touch()
    assert "folder" in refusals.refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "file" / "a.bin")
    )
    (tmp_path / "taken").mkdir()
    assert "taken" in refusals.refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "taken", sha256=SHA)
    )


# Archives


def tar(path, *members, mode="w:gz", fmt=tarfile.PAX_FORMAT):
    """A tar of (name, content) or of (TarInfo, content)."""
    with tarfile.open(path, mode, format=fmt) as file:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if info.isreg():
                info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b""


def zipped(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


GOOD = (
    ("top/./dia0_utt0.mp4", b"one"),
    ("top/deep/dia0_utt1.mp4", b"two" * 999),
    ("top/notes.txt", b"no"),
)
WANTED = r"dia[0-9]_utt[0-9]\.mp4"
MAKERS = {"tar": functools.partial(tar, mode="w"), "tar.gz": tar, "zip": zipped}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("suffix", ["as named", "misnamed"])
def test_wanted_files_come_out_under_their_own_names(tmp_path, kind, suffix):
    archive = MAKERS[kind](tmp_path / (f"a.{kind}" if suffix == "as named" else "a.bin"), *GOOD)
    folder = unpack(archive, str(tmp_path / "out" / "clips"), wanted=WANTED)
    assert names(tmp_path / "out") == ["clips", "clips/dia0_utt0.mp4", "clips/dia0_utt1.mp4"]
    assert (folder / "dia0_utt0.mp4").read_bytes() == b"one" and (
        folder / "dia0_utt1.mp4"
    ).read_bytes() == b"two" * 999
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_folders_pax_names_and_apple_doubles(tmp_path):
    long = "x" * 300
    archive = tar(
        tmp_path / "a.tar",
        special("dia2_utt2.mp4", tarfile.DIRTYPE),
        (f"{long}/dia1_utt1.mp4", b"long"),
        ("top/._dia1_utt1.mp4", b"apple"),
        mode="w",
    )
    assert names(unpack(archive, tmp_path / "out", wanted=WANTED)) == ["dia1_utt1.mp4"]


NASTY = {
    "absolute": ("/tmp/dia1_utt1.mp4", b"x"),
    "climbs": ("../dia1_utt1.mp4", b"x"),
    "climbs within": ("a/../../dia1_utt1.mp4", b"x"),
    "climbs, unwanted": ("../notes.txt", b"x"),
    "drive": ("C:\\dia1_utt1.mp4", b"x"),
    "drive, inside": ("a/C:dia1_utt1.mp4", b"x"),
    "share": ("\\\\host\\dia1_utt1.mp4", b"x"),
    "backslash": ("..\\dia1_utt1.mp4", b"x"),
    "control": ("a\n/dia1_utt1.mp4", b"x"),
    "symlink": special("dia1_utt1.mp4", tarfile.SYMTYPE, "/etc/hostname"),
    "symlink, unwanted": special("link", tarfile.SYMTYPE, ".."),
    "hardlink": special("dia1_utt1.mp4", tarfile.LNKTYPE, "top/notes.txt"),
    "device": special("dia1_utt1.mp4", tarfile.CHRTYPE),
    "pipe": special("pipe", tarfile.FIFOTYPE),
    "sparse": special("dia1_utt1.mp4", tarfile.GNUTYPE_SPARSE),
    "same": ("top/dia0_utt0.mp4", b"x"),
    "same name, other folder": ("other/dia0_utt0.mp4", b"x"),
    "same for some disks": ("DIA0_utt0.MP4", b"x"),
}


@pytest.mark.parametrize("fmt", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("what", NASTY)
def test_a_nasty_member_is_named_and_nothing_is_left(tmp_path, what, fmt):
    bad = NASTY[what]
    archive = tar(tmp_path / "a.tar.gz", *GOOD, bad, fmt=fmt)
    text = refusals.refusal(
        lambda: unpack(archive, tmp_path / "out" / "clips", wanted=f"(?i){WANTED}")
    )
    assert repr(getattr(bad[0], "name", bad[0])) in text and "nothing of it was unpacked" in text
    assert names(tmp_path) == ["a.tar.gz", "out"]


@pytest.mark.parametrize("what", [k for k, (name, _) in NASTY.items() if isinstance(name, str)])
def test_a_nasty_zip(tmp_path, what):
    archive = zipped(tmp_path / "a.zip", *GOOD, NASTY[what])
    text = refusals.refusal(
        lambda: unpack(archive, tmp_path / "out" / "clips", wanted=f"(?i){WANTED}")
    )
    assert repr(NASTY[what][0]) in text and names(tmp_path) == ["a.zip", "out"]


@pytest.mark.parametrize("kind, said", [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")])
def test_a_link_or_a_device_in_a_zip(tmp_path, kind, said):
    link = zipfile.ZipInfo("dia5_utt5.mp4")
    link.external_attr = (kind | 0o777) << 16
    archive = zipped(tmp_path / "a.zip", *GOOD, (link, "/etc/hostname"))
    assert f"'dia5_utt5.mp4' is {said}" in refusals.refusal(
        lambda: unpack(archive, tmp_path / "out", wanted=WANTED)
    )
    assert names(tmp_path) == ["a.zip"]


def test_a_name_that_ends_before_its_end(tmp_path):
    archive = zipped(tmp_path / "a.zip", ("dia1_utt1.mp4@/../x", b"x"))
    archive.write_bytes(archive.read_bytes().replace(b"@", b"\0"))
    assert "dia1_utt1.mp4\\x00/../x" in refusals.refusal(
        lambda: unpack(archive, tmp_path / "out", wanted=WANTED)
    )


def test_a_link_followed_by_a_file_through_it(tmp_path):
    (tmp_path / "victim").mkdir()
    archive = tar(
        tmp_path / "a.tar",
        special("way", tarfile.SYMTYPE, str(tmp_path / "victim")),
        ("way/dia1_utt1.mp4", b"x"),
    )
    refusals.refusal(lambda: unpack(archive, tmp_path / "out", wanted=WANTED))
    assert names(tmp_path) == ["a.tar", "victim"]


@pytest.mark.parametrize("kind", MAKERS)
def test_one_name_in_two_spellings(tmp_path, kind):
    archive = MAKERS[kind](tmp_path / "a", ("caf\u00e9.wav", b"x"), ("b/cafe\u0301.wav", b"y"))
    text = refusals.refusal(lambda: unpack(archive, tmp_path / "out", wanted=r".*\.wav"))
    assert repr("caf\u00e9.wav") in text and repr("b/cafe\u0301.wav") in text


def test_an_archive_in_an_archive_stays_one(tmp_path):
    inner = tar(tmp_path / "inner.tar.gz", ("../dia1_utt1.mp4", b"x")).read_bytes()
    archive = tar(tmp_path / "a.tar.gz", ("top/inner.tar.gz", inner))
    folder = unpack(archive, tmp_path / "out", wanted=r"inner\.tar\.gz")
    assert (folder / "inner.tar.gz").read_bytes() == inner and names(folder) == ["inner.tar.gz"]


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
@pytest.mark.parametrize("name", ["dia1_utt1.mp4", "notes.txt"])
def test_a_bomb(tmp_path, kind, name):
    archive = MAKERS[kind](tmp_path / "a", *GOOD, (name, bytes(20 << 20)))
    if kind == "zip" and name == "notes.txt":  # never unpacked, so it does no harm
        assert len(names(unpack(archive, tmp_path / "out", wanted=WANTED))) == 2
    else:
        assert archive.stat().st_size < 40_000
        assert "bytes" in refusals.refusal(lambda: unpack(archive, tmp_path / "out", wanted=WANTED))
        assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    "limits, crucial",
    [
        (Limits(members=2), "top/notes.txt"),
        (Limits(member_bytes=2_996), "top/deep/dia0_utt1.mp4"),
        (Limits(total_bytes=2_999), ""),
    ],
)
def test_limits(tmp_path, kind, limits, crucial):
    archive = MAKERS[kind](tmp_path / "a", *GOOD)
    assert crucial in refusals.refusal(
        lambda: unpack(archive, tmp_path / "out", wanted=WANTED, limits=limits)
    )
    assert names(tmp_path) == ["a"]
    unpack(archive, tmp_path / "out", wanted=WANTED, limits=Limits(members=3, member_bytes=2_997))


@pytest.mark.parametrize("header", ["x", "L", "g"])
def test_a_name_that_claims_to_be_long_is_not_read_into_memory(tmp_path, header):
    info = tarfile.TarInfo("name")
    info.type, info.size = header.encode(), 2 << 20
    (tmp_path / "a").write_bytes(gzip.compress(info.tobuf() + bytes(3 << 20)))
    assert "2,097,152" in refusals.refusal(
        lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED)
    )


@pytest.mark.parametrize("header", ["x", "L"])
def test_a_name_of_negative_length_does_not_swallow_the_rest(tmp_path, header):
    info = tarfile.TarInfo("name")
    info.type, info.size = header.encode(), -512
    (tmp_path / "a").write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(3 << 20)))
    text = refusals.refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))
    assert "-512" in text or "invalid" in text  # newer Pythons see it themselves


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_end_that_tarfile_would_believe(tmp_path, pack):
    content = tar(tmp_path / "a", *GOOD, mode="w").read_bytes()
    third = content.index(b"top/notes.txt")
    for bad in (
        content[:third],
        content[:third] + b"!" + content[third + 1 :],
    ):  # cut between members; a damaged header
        (tmp_path / "a").write_bytes(pack(bad))
        assert "a damaged header, or no end mark" in refusals.refusal(
            lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED)
        )


def test_a_chain_of_headers(tmp_path):
    info = tarfile.TarInfo("name")
    info.type, info.size = tarfile.XHDTYPE, 0
    (tmp_path / "a").write_bytes(info.tobuf() * 3000)
    refusals.refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))


def test_a_member_of_negative_length(tmp_path):
    info = tarfile.TarInfo("dia1_utt1.mp4")
    info.size = -512
    (tmp_path / "a").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    refusals.refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))


def test_nothing_wanted_and_not_an_archive(tmp_path):
    archive = tar(tmp_path / "a.tar", ("x.txt", b"x"))
    assert WANTED in refusals.refusal(lambda: unpack(archive, tmp_path / "out", wanted=WANTED))
    for content in (
        b"",
        b"PK",
        b"\x1f\x8b",
        b"\x1f\x8b" + bytes(99),
        b"hello" * 999,
        gzip.compress(bytes(2000)) + b"junk",
    ):
        (tmp_path / "b").write_bytes(content)
        assert "download it again" in refusals.refusal(
            lambda: unpack(tmp_path / "b", tmp_path / "out", wanted=WANTED)
        )
    refusals.refusal(lambda: unpack(tmp_path / "nowhere", tmp_path / "out", wanted=WANTED))
    assert names(tmp_path) == ["a.tar", "b"]


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    text = refusals.refusal(
        lambda: unpack(tar(tmp_path / "a", *GOOD), tmp_path / "out", wanted=WANTED)
    )
    assert f"{tmp_path / 'out'}, which is there" in text and names(tmp_path) == [
        "a",
        "out",
        "out/mine",
    ]


def test_tarfile_s_own_filter_has_a_say(tmp_path, monkeypatch):
    def no(member, folder):
        raise tarfile.TarError(f"not {member.name}")

    monkeypatch.setattr("mcsan_lite.datasets.archives._second_net", no)
    text = refusals.refusal(
        lambda: unpack(tar(tmp_path / "a", *GOOD), tmp_path / "out", wanted=WANTED)
    )
    assert "dia0_utt0.mp4" in text and names(tmp_path) == ["a"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return {
        kind: make(folder / kind.replace(".", ""), *GOOD).read_bytes()
        for kind, make in MAKERS.items()
    }


@contextlib.contextmanager
def damaged(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("damaged")
    try:
        (folder / "a").write_bytes(content)
        try:
            out = unpack(folder / "a", folder / "out", wanted=WANTED)
        except DataError as error:
            assert all(f"{part}: " in str(error) for part in ("Given", "Expected", "Do"))
            out = None
        assert set(names(folder)) <= {
            "a",
            "out",
            *(f"out/dia{d}_utt{u}.mp4" for d in range(10) for u in range(10)),
        }
        yield None if out is None else {name: (out / name).read_bytes() for name in names(out)}
        assert out is not None or names(folder) == ["a"]
    finally:
        shutil.rmtree(folder)


ALL = {"dia0_utt0.mp4": b"one", "dia0_utt1.mp4": b"two" * 999}


@pytest.mark.parametrize("kind", MAKERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_truncated(tmp_path_factory, whole, kind, data):
    content = whole[kind]
    keep = data.draw(st.integers(0, len(content) - 1))
    with damaged(tmp_path_factory, content[:keep]) as found:
        assert found is None or (
            kind == "tar" and found == ALL and not any(content[keep:])
        )  # only padding is gone


@pytest.mark.parametrize("kind", MAKERS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_flipped_bit(tmp_path_factory, whole, kind, data):
    content = bytearray(whole[kind])
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with damaged(tmp_path_factory, content) as found:
        if kind == "tar.gz":
            assert found in (None, ALL)
        elif kind == "zip":  # the name of a member stands under no checksum, what is in it does
            assert found is None or set(found.values()) <= set(ALL.values())
        else:  # a plain tar has a checksum for headers only
            assert found is None or {name: len(c) for name, c in found.items()} == {
                n: len(c) for n, c in ALL.items()
            }


@pytest.mark.parametrize("kind", MAKERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_mangled_bytes(tmp_path_factory, whole, kind, data):
    content = bytearray(gzip.decompress(whole[kind]) if kind == "tar.gz" else whole[kind])
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 600))] = data.draw(st.binary(max_size=40))
    with damaged(tmp_path_factory, gzip.compress(content) if kind == "tar.gz" else content):
        pass


# MELD


@pytest.fixture
def meld(server, tmp_path, monkeypatch):
    """A server with invented annotation and clips in the real archive's shape."""
    texts = {name: f"invented {name}".encode() for name in ANNOTATION_FILES}
    inner = {}
    for part, folder in CLIP_FOLDERS.items():
        members = [(f"{folder}/dia0_utt{i}.mp4", f"{part} {i}".encode()) for i in range(2)]
        members += [(f"{folder}/._dia0_utt0.mp4", b"apple"), ("train_sent_emo.csv", b"no")]
        members += [(f"{folder}/final_videos_testdia0_utt0.mp4", b"again")] * (part == "test")
        inner[part] = tar(tmp_path / f"{part}.tmp", *members).read_bytes()
    outer = tar(
        tmp_path / "outer.tmp",
        *((f"MELD.Raw/{part}.tar.gz", content) for part, content in inner.items()),
        ("MELD.Raw/dev_sent_emo.csv", b"no"),
        ("MELD.Raw/._train.tar.gz", b"apple"),
    ).read_bytes()
    for path in tmp_path.glob("*.tmp"):
        path.unlink()
    server.files = {f"/data/{name}": text for name, text in texts.items()} | {
        "/clips.tar.gz": outer
    }
    server.inner = inner
    monkeypatch.setattr(download, "ANNOTATION", f"{server.address}/data")
    monkeypatch.setattr(download, "CLIPS", f"{server.address}/clips.tar.gz")
    monkeypatch.setattr(download, "CLIPS_ROOM", 1000)
    monkeypatch.setattr(
        download,
        "ANNOTATION_FILES",
        {name: (len(text), hashlib.sha256(text).hexdigest()) for name, text in texts.items()},
    )
    return server


CLIPS = sorted(
    [
        *CLIP_FOLDERS.values(),
        *(f"{folder}/dia0_utt{i}.mp4" for folder in CLIP_FOLDERS.values() for i in range(2)),
        "output_repeated_splits_test/final_videos_testdia0_utt0.mp4",
    ]
)


def test_annotation_alone(meld, tmp_path):
    assert download_meld(str(tmp_path / "m")) == tmp_path / "m"
    assert names(tmp_path / "m") == sorted(ANNOTATION_FILES) and len(meld.asked) == 3
    download_meld(tmp_path / "m")
    assert len(meld.asked) == 3


def test_clips_land_where_the_reader_looks(meld, tmp_path, capsys):
    download_meld(tmp_path / "m", clips=True)
    assert names(tmp_path / "m") == sorted([*ANNOTATION_FILES, *CLIPS])
    assert (tmp_path / "m" / "dev_splits_complete" / "dia0_utt1.mp4").read_bytes() == b"dev 1"
    said = capsys.readouterr().out
    assert (
        "10.1 GB to download" in said
        and hashlib.sha256(meld.files["/clips.tar.gz"]).hexdigest() in said
    )
    asked = len(meld.asked)
    download_meld(tmp_path / "m", clips=True)
    assert len(meld.asked) == asked and capsys.readouterr().out == ""


def test_clips_go_on_behind_the_step_that_failed(meld, tmp_path, monkeypatch):
    real, steps = download.unpack, []

    def stops(archive, folder, **options):
        if archive.name == "dev.tar.gz" and "dev" not in steps:
            steps.append("dev")
            raise DataError("a stop", "none", "go on")
        steps.append(archive.name)
        return real(archive, folder, **options)

    monkeypatch.setattr(download, "unpack", stops)
    refusals.refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert names(tmp_path / "m" / "MELD.Raw") == ["dev.tar.gz", "test.tar.gz"]
    outer = tmp_path / "m" / "MELD.Raw.tar.gz"
    assert not outer.exists()
    outer.touch()  # as a stop between unpacking and deleting it leaves it
    download_meld(tmp_path / "m", clips=True)
    assert steps == ["MELD.Raw.tar.gz", "train.tar.gz", "dev", "dev.tar.gz", "test.tar.gz"]
    assert names(tmp_path / "m") == sorted([*ANNOTATION_FILES, *CLIPS])
    assert [path for path, _ in meld.asked].count("/clips.tar.gz") == 1


def test_a_damaged_inner_archive_keeps_the_other_clips(meld, tmp_path):
    inner = meld.inner | {"dev": meld.inner["dev"][:-9]}
    made = tar(tmp_path / "tmp", *((f"{part}.tar.gz", content) for part, content in inner.items()))
    meld.files["/clips.tar.gz"] = made.read_bytes()
    text = refusals.refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "dev.tar.gz" in text and names(tmp_path / "m" / "train_splits") == [
        "dia0_utt0.mp4",
        "dia0_utt1.mp4",
    ]
    (tmp_path / "m" / "MELD.Raw" / "dev.tar.gz").unlink()
    assert "without dev.tar.gz" in refusals.refusal(
        lambda: download_meld(tmp_path / "m", clips=True)
    )


def test_too_little_room_is_told_before_a_byte_comes(meld, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "CLIPS_ROOM", 10**18)
    text = refusals.refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "GB free" in text and "1000000000.0 GB" in text
    assert "/clips.tar.gz" not in [path for path, _ in meld.asked]


def test_too_little_room_to_unpack(meld, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "CLIPS_ROOM", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=9))
    assert "the clips of train.tar.gz" in refusals.refusal(
        lambda: download_meld(tmp_path / "m", clips=True)
    )
    assert "MELD.Raw" in names(tmp_path / "m") and "train_splits" not in names(tmp_path / "m")


def test_where_the_clips_do_not_come_the_other_host_is_named(meld, tmp_path):
    del meld.files["/clips.tar.gz"]
    assert download.CLIPS_MIRROR in refusals.refusal(
        lambda: download_meld(tmp_path / "m", clips=True)
    )


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no official MELD annotation in {DATA}")
@pytest.mark.parametrize("name", ["train_sent_emo.csv", "dev_sent_emo.csv"])
def test_the_published_files_are_those_expected(name):
    size, sha256 = ANNOTATION_FILES[name]
    assert (
        fetch("http://127.0.0.1:9/never-asked", DATA / name, size=size, sha256=sha256)
        == DATA / name
    )


def test_what_is_known_of_the_checksums():
    known = {
        "train": ("d2fa2d65", "7fa02db"),
        "dev": ("2e89c6f8", "d0370c1c"),
        "test": ("8d371039", "c5006888"),
    }
    for part, (head, tail) in known.items():
        sha256 = ANNOTATION_FILES[f"{part}_sent_emo.csv"][1]
        assert (
            sha256.startswith(head)
            and sha256.endswith(tail)
            and (len(sha256) == 64 or "…" in sha256)
        )
