"""Downloads of one file from a small server on this machine."""

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from archive_files import names
from refusals import refusal

from mcsan_lite.datasets.meld import download
from mcsan_lite.datasets.meld.download import Checksum, fetch

CONTENT = bytes(range(251)) * 700
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cut_off(server, tmp_path, monkeypatch):
    """The refusal of a download of which 1,000 bytes came before the server hung up."""
    server.cut_at["/a.bin"] = 1000
    with monkeypatch.context() as once:
        once.setattr(download, "_TRIES", 1)
        text = refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin"))
    assert (tmp_path / "a.bin.part").read_bytes() == CONTENT[:1000] and not (
        tmp_path / "a.bin"
    ).exists()
    return text


def test_fresh_then_nothing(server, tmp_path, capsys):
    target = tmp_path / "new" / "folder" / "a.bin"
    assert fetch(f"{server.address}/a.bin", str(target), Checksum(len(CONTENT), SHA)) == target
    assert (
        target.read_bytes() == CONTENT
        and names(target.parent) == ["a.bin"]
        and "a.bin: 100%" in capsys.readouterr().err
    )
    assert fetch(f"{server.address}/a.bin", target, Checksum(sha256=SHA)) == target
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
        fetch(f"{server.address}/a.bin", tmp_path / "a.bin", Checksum(sha256=sha256))
    else:
        assert sha256 in refusal(
            lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", Checksum(sha256=sha256))
        )
        assert names(tmp_path) == []


def test_resume_asks_only_for_the_rest(server, tmp_path, cut_off):
    target = tmp_path / "a.bin"
    assert (
        f"1,000 of {len(CONTENT):,} bytes" in cut_off
        and "a.bin.part" in cut_off
        and server.address in cut_off
    )
    fetch(f"{server.address}/a.bin", target, Checksum(sha256=SHA))
    assert server.asked[1:] == [("/a.bin", "bytes=1000-")] and target.read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_cut_connection_is_taken_up_within_one_call(server, tmp_path):
    server.cut_at["/a.bin"], server.fails = 50_000, [503]
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, None, "bytes=50000-"]


def test_no_storm_of_tries(server, tmp_path):
    server.fails = [500] * 10
    assert "500" in refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin"))
    assert len(server.asked) == download._TRIES == 3


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
    assert (
        fetch(f"{server.address}/a.bin", tmp_path / "a.bin", Checksum(sha256=SHA)).read_bytes()
        == CONTENT
    )
    assert server.asked[1:] == [("/a.bin", f"bytes={len(CONTENT)}-")]


def test_a_part_that_is_too_long(server, tmp_path, cut_off):
    (tmp_path / "a.bin.part").write_bytes(CONTENT + b"!")
    assert fetch(f"{server.address}/a.bin", tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_keeps_nothing(server, tmp_path):
    text = refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", Checksum(sha256="0" * 64))
    )
    assert SHA in text and "0" * 64 in text and "deleted" in text and names(tmp_path) == []


def test_a_wrong_size_is_refused_before_it_comes(server, tmp_path):
    text = refusal(lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", Checksum(size=17)))
    assert "175,700 bytes" in text and "another one now" in text
    assert names(tmp_path) == []


@pytest.mark.parametrize("options", [{"sha256": SHA}, {"size": len(CONTENT)}])
def test_another_file_under_that_name_is_left_alone(server, tmp_path, options):
    (tmp_path / "a.bin").write_bytes(b"mine")
    text = refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "a.bin", Checksum(**options))
    )
    assert "move" in text and (tmp_path / "a.bin").read_bytes() == b"mine" and server.asked == []


def test_404_is_not_tried_again(server, tmp_path):
    text = refusal(lambda: fetch(f"{server.address}/gone.bin", tmp_path / "a.bin"))
    assert (
        f"{server.address}/gone.bin" in text
        and "404" in text
        and len(server.asked) == 1
        and names(tmp_path) == []
    )


def test_nobody_answers(server, tmp_path, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        address = f"http://127.0.0.1:{closed.server_address[1]}/a.bin"
    text = refusal(lambda: fetch(address, tmp_path / "a.bin"))
    assert address in text and "3 tries" in text and "call again" in text


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://x/y", "a.bin", ""])
def test_other_addresses(tmp_path, url):
    assert repr(url) in refusal(lambda: fetch(url, tmp_path / "a.bin"))


def test_a_place_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").touch()
    assert "folder" in refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "file" / "a.bin")
    )
    (tmp_path / "taken").mkdir()
    assert "taken" in refusal(
        lambda: fetch(f"{server.address}/a.bin", tmp_path / "taken", Checksum(sha256=SHA))
    )
