"""Download MELD's annotation and, on request, its clips.

In: a folder. Out: the same folder with the files that `read_meld` looks for. `fetch` downloads any
single file: it comes whole or not at all, and an interrupted download goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from mcsan_lite.datasets.archives import unpack
from mcsan_lite.datasets.meld.release import (
    ANNOTATION_FILES,
    CLIP_ARCHIVES,
    CLIP_FOLDERS,
    RECUT_PREFIX,
)
from mcsan_lite.disk.torn import sweep
from mcsan_lite.errors import DataError

_BLOCK_BYTES = 1 << 16
_TRIES = 3
_WAIT_S = 2.0
_TIMEOUT_S = 60.0

_ANNOTATION_COMMIT = "2d2011b409d3ca2d7e94460cd007d434b1d0a102"
_ANNOTATION_URL = (
    f"https://raw.githubusercontent.com/declare-lab/MELD/{_ANNOTATION_COMMIT}/data/MELD"
)
_CLIPS_URL = "https://huggingface.co/datasets/declare-lab/MELD/resolve/main/MELD.Raw.tar.gz"
_CLIPS_MIRROR_URL = "https://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz"
_CLIPS_BYTES = 10_100_000_000  # as reported
_CLIPS_ROOM_BYTES = 25_000_000_000  # the disk that download and unpacking need
_CLIP_NAME = rf"({RECUT_PREFIX})?dia[0-9]+_utt[0-9]+\.mp4"


@dataclass(frozen=True)
class Checksum:
    """What a published file must be: its size in bytes and its sha256; None where it is not known.

    `sha256` is 64 hex digits, or only their two ends around "…".
    """

    size: int | None = None
    sha256: str | None = None

    def fits(self, digest: str) -> bool:
        """Whether a whole sha256 is this one, as far as it is known."""
        head, _, tail = (self.sha256 or "…").partition("…")
        return digest.startswith(head) and digest.endswith(tail)


# Of the test file's checksum only the two ends are known.
ANNOTATION_CHECKSUMS = {
    "train": Checksum(
        1_119_290, "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db"
    ),
    "valid": Checksum(121_640, "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c"),
    "test": Checksum(294_526, "8d371039…c5006888"),
}


class _Cut(Exception):
    """A try that failed on its way. The next one goes on where it stopped."""


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Download:
    """One file on its way from `url` to `target`."""

    url: str
    target: Path
    checksum: Checksum

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def version_file(self) -> Path:
        """Says which version of the file at the server the part belongs to."""
        return self.target.with_name(f"{self.target.name}.part.version")

    def bytes_so_far(self) -> int:
        if self.part.exists() and self.version_file.exists():
            return self.part.stat().st_size
        return 0

    def check(self, path: Path) -> None:
        """Refuse the file at `path`, the part or the target, if it is not the published one."""
        if path == self.target:
            advice = f"move {self.target} away and call again."
        else:
            advice = (
                "try again: what came was deleted. "
                "If it stays so, the file at that address has changed."
            )
        size = path.stat().st_size
        if self.checksum.size not in (None, size):
            expected = f"{self.checksum.size:,} bytes, as published at {self.url}"
            raise DataError(f"{self.target} with {size:,} bytes", expected, advice)
        if self.checksum.sha256 is not None:
            digest = _sha256(path)
            if not self.checksum.fits(digest):
                expected = f"sha256 {self.checksum.sha256}, as published at {self.url}"
                raise DataError(f"{self.target} with sha256 {digest}", expected, advice)

    def run(self) -> None:
        """Bring the whole file to the target."""
        self._receive_with_retries()
        self.version_file.unlink()
        try:
            self.check(self.part)
        except DataError:
            self.part.unlink()  # otherwise every later call would find the same wrong bytes
            raise
        os.replace(self.part, self.target)

    def _receive_with_retries(self) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                return _receive(self)
            except _Cut as cut:
                if attempt == _TRIES:
                    raise DataError(
                        f"{self.url}: {cut} ({_TRIES} tries)",
                        "a connection that brings the whole file",
                        f"call again later: what came stays in {self.part}, "
                        "only the rest will be fetched.",
                    ) from None
                time.sleep(_WAIT_S)


def _open(url: str, start: int) -> http.client.HTTPResponse | urllib.error.HTTPError:
    """Ask for all bytes from `start` on. A 416, "there are none", is an answer too."""
    headers = {"User-Agent": "mcsan-lite"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        request = urllib.request.Request(url, headers=headers)
        return urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:
            return error
        error.close()
        if error.code >= 500 or error.code == 429:
            raise _Cut(f"the server answered {error.code} {error.reason}") from None
        raise DataError(
            f"{url}: the server answered {error.code} {error.reason}",
            "the file",
            "open the address in a browser: the file may have moved.",
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Cut(str(getattr(error, "reason", error))) from None


@dataclass(frozen=True)
class _Answer:
    """What the headers of a response say."""

    status: int
    span: str  # "bytes 5-9/10" for a part of the file, otherwise empty
    total: int | None  # the size of the whole file
    version: str  # changes when the file at the server changes

    @classmethod
    def of(cls, response: http.client.HTTPResponse, url: str) -> _Answer:
        headers = response.headers
        span = headers["Content-Range"] or ""
        if response.status == 200:
            total_text = headers["Content-Length"] or ""
        else:
            total_text = span.rpartition("/")[2]
        total = int(total_text) if total_text.isdecimal() else None
        version = f"{url}\n{headers['ETag'] or headers['Last-Modified']}\n{total}"
        return cls(response.status, span, total, version)

    def continues(self, download: _Download, start: int) -> bool:
        """Whether the bytes that come belong at the end of the part that is there."""
        if start == 0 or not self.span.startswith(f"bytes {start}-"):
            return False
        return self.version == download.version_file.read_text(encoding="utf-8")


def _receive(download: _Download) -> None:
    """One try: add to the part what is missing."""
    start = download.bytes_so_far()
    with _open(download.url, start) as response:
        answer = _Answer.of(response, download.url)
        if answer.status == 416 and answer.total == start:
            return
        continues = answer.continues(download, start)
        if answer.status != 200 and not continues:
            download.part.unlink(missing_ok=True)
            raise _Cut("the file at the server has changed since the download began")
        size = download.checksum.size
        if size is not None and answer.total not in (None, size):
            raise DataError(
                f"{download.url} with {answer.total:,} bytes",
                f"{size:,} bytes",
                "the file there is another one now.",
            )
        with open(download.part, "ab" if continues else "wb") as file:
            # The part is opened first, so that an old part never carries a new version.
            download.version_file.write_text(answer.version, encoding="utf-8")
            _copy(response, file, answer.total, download.part.stem)
    received = download.part.stat().st_size
    if answer.total is not None and received != answer.total:
        raise _Cut(f"{received:,} of {answer.total:,} bytes came")


def _copy(response: BinaryIO, file: BinaryIO, total: int | None, name: str) -> None:
    start = file.tell()
    with tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=name) as progress:
        while True:
            try:
                block = response.read(_BLOCK_BYTES)
            except (OSError, http.client.HTTPException) as error:
                raise _Cut(str(error)) from None
            if not block:
                return
            file.write(block)
            progress.update(len(block))


def fetch(url: str, target: Path | str, checksum: Checksum = Checksum()) -> Path:
    """Download one file. Nothing is done if it is there already.

    `target` appears only when it is whole. Until then, what has come lies in `target`.part, and
    the next call goes on from there if the server still has the same version.

    Args:
        url: an http or https address.
        target: where the file goes.
        checksum: what the file must be, as far as it is known.

    Returns:
        The target.

    Raises:
        DataError: for a file of another size or checksum (a fresh one is deleted, one that was
            there before is left alone), and if the file did not come.
    """
    if not url.startswith(("https://", "http://")):
        raise DataError(
            f"the address {url!r}", "one that begins with https:// or http://", "correct it."
        )
    download = _Download(url, Path(target), checksum)
    try:
        if download.target.exists():
            download.check(download.target)
        else:
            download.target.parent.mkdir(parents=True, exist_ok=True)
            download.run()
    except OSError as error:
        raise DataError(
            f"{download.target}: {error.strerror or error}",
            "a place for this file that can be written, with room",
            "make room or name another folder; what came stays there.",
        ) from None
    return download.target


def _require_room(folder: Path, needed_bytes: int, purpose: str) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise DataError(
            f"{free_bytes / 1e9:.1f} GB free at {folder}",
            f"about {needed_bytes / 1e9:.1f} GB for {purpose}",
            "make room, or name a folder on another disk; then call again: "
            "what is done is not repeated.",
        )


def download_meld(folder: Path | str, *, clips: bool = False) -> Path:
    """Download MELD into the folders that `read_meld` knows. A second call repeats nothing.

    The annotation is compared with the size and sha256 of one commit of MELD's repository. No
    checksum of the archive of clips is published: its length and gzip's own checksum are tested,
    and its sha256 is printed, to be compared.

    Args:
        folder: where the files go.
        clips: also download the videos, 10 GB.

    Returns:
        The folder.
    """
    folder = Path(folder)
    for split, name in ANNOTATION_FILES.items():
        fetch(f"{_ANNOTATION_URL}/{name}", folder / name, ANNOTATION_CHECKSUMS[split])
    if clips:
        _download_clips(folder)
    return folder


def _download_clips(folder: Path) -> None:
    """The clips of each part that is not there yet, by way of one large archive of archives."""
    sweep(folder)  # before room is asked for: what a killed call left may be 10 GB
    outer = folder / "MELD.Raw.tar.gz"
    inner = folder / "MELD.Raw"
    missing = [split for split, name in CLIP_FOLDERS.items() if not (folder / name).exists()]
    if not missing:
        return
    archive_names = [CLIP_ARCHIVES[split] for split in missing]
    if not inner.exists():
        _fetch_outer_archive(outer)
        unpack(outer, inner, wanted="|".join(map(re.escape, archive_names)))
        outer.unlink()
    for split in missing:
        archive = inner / CLIP_ARCHIVES[split]
        if not archive.exists():
            there = ", ".join(sorted(path.name for path in inner.iterdir())) or "nothing"
            raise DataError(
                f"{inner} without {archive.name}, with {there}",
                "an archive for each part whose clips are not unpacked yet",
                f"delete {inner} and call again; "
                f"if it stays so, the archive at {_CLIPS_URL} has changed.",
            )
        _require_room(folder, archive.stat().st_size * 11 // 10, f"the clips of {archive.name}")
        unpack(archive, folder / CLIP_FOLDERS[split], wanted=_CLIP_NAME)
        archive.unlink()
    outer.unlink(missing_ok=True)  # left where the last call was stopped between two steps
    if not any(inner.iterdir()):
        inner.rmdir()


def _fetch_outer_archive(outer: Path) -> None:
    candidates = (outer, outer.with_name(f"{outer.name}.part"))
    bytes_here = sum(path.stat().st_size for path in candidates if path.exists())
    missing_gb = max(0, _CLIPS_BYTES - bytes_here) / 1e9
    print(
        f"MELD's clips: {missing_gb:.1f} GB to download, {_CLIPS_ROOM_BYTES / 1e9:.0f} GB of disk "
        "until they are unpacked. They are cut from a television series whose rights MELD's "
        "authors do not own: do not pass them on.",
        flush=True,
    )
    _require_room(outer.parent, _CLIPS_ROOM_BYTES - bytes_here, "MELD's clips")
    try:
        fetch(_CLIPS_URL, outer)
    except DataError as error:
        advice = f"{error.do} Or save {_CLIPS_MIRROR_URL} as {outer} and call again."
        raise DataError(error.given, error.expected, advice) from None
    print(f"{outer}: {outer.stat().st_size:,} bytes, sha256 {_sha256(outer)}", flush=True)
