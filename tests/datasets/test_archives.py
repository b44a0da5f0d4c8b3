"""Archives that mean harm, or are damaged: nothing comes out of them, and nothing is left."""

import contextlib
import functools
import gzip
import shutil
import stat
import tarfile
import zipfile

import pytest
from archive_files import names, special, tar, zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal

from mcsan_lite.datasets.archives import Limits, unpack
from mcsan_lite.errors import DataError

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
    text = refusal(lambda: unpack(archive, tmp_path / "out" / "clips", wanted=f"(?i){WANTED}"))
    assert repr(getattr(bad[0], "name", bad[0])) in text and "nothing of it was unpacked" in text
    assert names(tmp_path) == ["a.tar.gz", "out"]


@pytest.mark.parametrize("what", [k for k, (name, _) in NASTY.items() if isinstance(name, str)])
def test_a_nasty_zip(tmp_path, what):
    archive = zipped(tmp_path / "a.zip", *GOOD, NASTY[what])
    text = refusal(lambda: unpack(archive, tmp_path / "out" / "clips", wanted=f"(?i){WANTED}"))
    assert repr(NASTY[what][0]) in text and names(tmp_path) == ["a.zip", "out"]


@pytest.mark.parametrize("kind, said", [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")])
def test_a_link_or_a_device_in_a_zip(tmp_path, kind, said):
    link = zipfile.ZipInfo("dia5_utt5.mp4")
    link.external_attr = (kind | 0o777) << 16
    archive = zipped(tmp_path / "a.zip", *GOOD, (link, "/etc/hostname"))
    assert f"'dia5_utt5.mp4' is {said}" in refusal(
        lambda: unpack(archive, tmp_path / "out", wanted=WANTED)
    )
    assert names(tmp_path) == ["a.zip"]


def test_a_name_that_ends_before_its_end(tmp_path):
    archive = zipped(tmp_path / "a.zip", ("dia1_utt1.mp4@/../x", b"x"))
    archive.write_bytes(archive.read_bytes().replace(b"@", b"\0"))
    assert "dia1_utt1.mp4\\x00/../x" in refusal(
        lambda: unpack(archive, tmp_path / "out", wanted=WANTED)
    )


def test_a_link_followed_by_a_file_through_it(tmp_path):
    (tmp_path / "victim").mkdir()
    archive = tar(
        tmp_path / "a.tar",
        special("way", tarfile.SYMTYPE, str(tmp_path / "victim")),
        ("way/dia1_utt1.mp4", b"x"),
    )
    refusal(lambda: unpack(archive, tmp_path / "out", wanted=WANTED))
    assert names(tmp_path) == ["a.tar", "victim"]


@pytest.mark.parametrize("kind", MAKERS)
def test_one_name_in_two_spellings(tmp_path, kind):
    archive = MAKERS[kind](tmp_path / "a", ("caf\u00e9.wav", b"x"), ("b/cafe\u0301.wav", b"y"))
    text = refusal(lambda: unpack(archive, tmp_path / "out", wanted=r".*\.wav"))
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
        assert "bytes" in refusal(lambda: unpack(archive, tmp_path / "out", wanted=WANTED))
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
    assert crucial in refusal(
        lambda: unpack(archive, tmp_path / "out", wanted=WANTED, limits=limits)
    )
    assert names(tmp_path) == ["a"]
    unpack(archive, tmp_path / "out", wanted=WANTED, limits=Limits(members=3, member_bytes=2_997))


@pytest.mark.parametrize("header", ["x", "L", "g"])
def test_a_name_that_claims_to_be_long_is_not_read_into_memory(tmp_path, header):
    info = tarfile.TarInfo("name")
    info.type, info.size = header.encode(), 2 << 20
    (tmp_path / "a").write_bytes(gzip.compress(info.tobuf() + bytes(3 << 20)))
    assert "2,097,152" in refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))


@pytest.mark.parametrize("header", ["x", "L"])
def test_a_name_of_negative_length_does_not_swallow_the_rest(tmp_path, header):
    info = tarfile.TarInfo("name")
    info.type, info.size = header.encode(), -512
    (tmp_path / "a").write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(3 << 20)))
    text = refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))
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
        assert "a damaged header, or no end mark" in refusal(
            lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED)
        )


def test_a_chain_of_headers(tmp_path):
    info = tarfile.TarInfo("name")
    info.type, info.size = tarfile.XHDTYPE, 0
    (tmp_path / "a").write_bytes(info.tobuf() * 3000)
    refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))


def test_a_member_of_negative_length(tmp_path):
    info = tarfile.TarInfo("dia1_utt1.mp4")
    info.size = -512
    (tmp_path / "a").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    refusal(lambda: unpack(tmp_path / "a", tmp_path / "out", wanted=WANTED))


def test_nothing_wanted_and_not_an_archive(tmp_path):
    archive = tar(tmp_path / "a.tar", ("x.txt", b"x"))
    assert WANTED in refusal(lambda: unpack(archive, tmp_path / "out", wanted=WANTED))
    for content in (
        b"",
        b"PK",
        b"\x1f\x8b",
        b"\x1f\x8b" + bytes(99),
        b"hello" * 999,
        gzip.compress(bytes(2000)) + b"junk",
    ):
        (tmp_path / "b").write_bytes(content)
        assert "download it again" in refusal(
            lambda: unpack(tmp_path / "b", tmp_path / "out", wanted=WANTED)
        )
    refusal(lambda: unpack(tmp_path / "nowhere", tmp_path / "out", wanted=WANTED))
    assert names(tmp_path) == ["a.tar", "b"]


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    text = refusal(lambda: unpack(tar(tmp_path / "a", *GOOD), tmp_path / "out", wanted=WANTED))
    assert f"{tmp_path / 'out'}, which is there" in text and names(tmp_path) == [
        "a",
        "out",
        "out/mine",
    ]


def test_tarfile_s_own_filter_has_a_say(tmp_path, monkeypatch):
    def no(member, folder):
        raise tarfile.TarError(f"not {member.name}")

    monkeypatch.setattr("mcsan_lite.datasets.archives._second_net", no)
    text = refusal(lambda: unpack(tar(tmp_path / "a", *GOOD), tmp_path / "out", wanted=WANTED))
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
