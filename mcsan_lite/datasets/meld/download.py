"""Downloads, each a command of its own: a file that comes whole or not at all, and MELD with its clips."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path

from tqdm import tqdm

from mcsan_lite.datasets.archives import unpack
from mcsan_lite.errors import DataError

BLOCK = 1 << 16
TRIES, WAIT_S, TIMEOUT_S = 3, 2.0, 60.0

ANNOTATION = "https://raw.githubusercontent.com/declare-lab/MELD/2d2011b409d3ca2d7e94460cd007d434b1d0a102/data/MELD"
ANNOTATION_FILES = {  # name: (bytes, sha256); of the test file's checksum only the two ends are known
    "train_sent_emo.csv": (
        1_119_290,
        "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db",
    ),
    "dev_sent_emo.csv": (
        121_640,
        "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c",
    ),
    "test_sent_emo.csv": (294_526, "8d371039…c5006888"),
}
CLIPS = "https://huggingface.co/datasets/declare-lab/MELD/resolve/main/MELD.Raw.tar.gz"
CLIPS_MIRROR = "https://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz"
CLIPS_BYTES, CLIPS_ROOM = (
    10_100_000_000,
    25_000_000_000,
)  # as reported; the disk that download and unpacking need
CLIP_FOLDERS = {
    "train": "train_splits",
    "dev": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
CLIP_NAME = r"(final_videos_test)?dia[0-9]+_utt[0-9]+\.mp4"


class _Cut(Exception):
    """A try that failed on its way; the next one goes on where it stopped."""


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path, target: Path, url: str, sha256: str | None, size: int | None) -> None:
    do = (
        f"move {target} away and call again."
        if path == target
        else "try again: what came was deleted. If it stays so, the file at that address has changed."
    )
    if size is not None and path.stat().st_size != size:
        raise DataError(
            f"{target} with {path.stat().st_size:,} bytes",
            f"{size:,} bytes, as published at {url}",
            do,
        )
    if sha256 is not None:
        found, (head, _, tail) = _sha256(path), sha256.partition("…")
        if not (found.startswith(head) and found.endswith(tail)):
            raise DataError(
                f"{target} with sha256 {found}", f"sha256 {sha256}, as published at {url}", do
            )


def _open(url: str, start: int) -> http.client.HTTPResponse | urllib.error.HTTPError:
    """The answer to a request for all bytes from `start` on; also a 416, "there are none"."""
    headers = {"User-Agent": "mcsan-lite"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        return urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S
        )
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


def _receive(url: str, part: Path, mark: Path, size: int | None) -> None:
    """One try: add to `part` what is missing. `mark` says which version of the file the part belongs to."""
    start = part.stat().st_size if part.exists() and mark.exists() else 0
    with _open(url, start) as response:
        span = response.headers["Content-Range"] or ""  # "bytes 5-9/10"
        told = (
            response.headers["Content-Length"]
            if response.status == 200
            else span.rpartition("/")[2]
        )
        total = int(told) if told and told.isdecimal() else None
        version = f"{url}\n{response.headers['ETag'] or response.headers['Last-Modified']}\n{total}"
        if response.status == 416 and total == start:
            return
        resumes = (
            start > 0
            and span.startswith(f"bytes {start}-")
            and version == mark.read_text(encoding="utf-8")
        )
        if response.status != 200 and not resumes:
            part.unlink(missing_ok=True)
            raise _Cut("the file at the server has changed since the download began")
        if None not in (size, total) and total != size:
            raise DataError(
                f"{url} with {total:,} bytes",
                f"{size:,} bytes",
                "the file there is another one now.",
            )
        with (
            open(part, "ab" if resumes else "wb") as file,
            tqdm(
                total=total, initial=file.tell(), unit="B", unit_scale=True, desc=part.stem
            ) as bar,
        ):
            mark.write_text(
                version, encoding="utf-8"
            )  # only now: an old part never carries a new mark
            while True:
                try:
                    block = response.read(BLOCK)
                except (OSError, http.client.HTTPException) as error:
                    raise _Cut(str(error)) from None
                if not block:
                    break
                file.write(block)
                bar.update(len(block))
    if total is not None and part.stat().st_size != total:
        raise _Cut(f"{part.stat().st_size:,} of {total:,} bytes came")


def fetch(
    url: str, target: Path | str, *, sha256: str | None = None, size: int | None = None
) -> Path:
    """Download `url` to `target` and return it; nothing is done if it is there. It appears only when it is whole.

    What has come lies in `target`.part, and the next call goes on from there if the server still has the same version.
    `sha256` is 64 hex digits, or only their two ends around "…"; `size` is in bytes. Raises DataError for a file of
    another size or checksum (a fresh one is deleted, one that was there is left alone) and if it did not come.
    """
    target = Path(target)
    part, mark = (
        target.with_name(f"{target.name}.part"),
        target.with_name(f"{target.name}.part.version"),
    )
    if not url.startswith(("https://", "http://")):
        raise DataError(
            f"the address {url!r}", "one that begins with https:// or http://", "correct it."
        )
    try:
        if target.exists():
            _check(target, target, url, sha256, size)
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(TRIES)):
            try:
                _receive(url, part, mark, size)
                break
            except _Cut as cut:
                if not left:
                    raise DataError(
                        f"{url}: {cut} ({TRIES} tries)",
                        "a connection that brings the whole file",
                        f"call again later: what came stays in {part}, only the rest will be fetched.",
                    ) from None
                time.sleep(WAIT_S)
        mark.unlink()
        try:
            _check(part, target, url, sha256, size)
        except DataError:
            part.unlink()  # else every later call would find the same wrong bytes
            raise
        os.replace(part, target)
    except OSError as error:
        raise DataError(
            f"{target}: {error.strerror or error}",
            "a place for this file that can be written, with room",
            "make room or name another folder; what came stays there.",
        ) from None
    return target


def _require_room(folder: Path, needed: int, what: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"{free / 1e9:.1f} GB free at {folder}",
            f"about {needed / 1e9:.1f} GB for {what}",
            "make room, or name a folder on another disk; then call again: what is done is not repeated.",
        )


def download_meld(folder: Path | str, *, clips: bool = False) -> Path:
    """MELD's annotation and, with `clips`, its videos, in the folders that `read_meld` knows. A second call repeats nothing.

    The annotation is held against the size and sha256 of the commit named in ANNOTATION. No checksum of the archive of
    clips is published: its length and gzip's own checksum are tested, and its sha256 is printed, to be compared.
    """
    folder = Path(folder)
    for name, (size, sha256) in ANNOTATION_FILES.items():
        fetch(f"{ANNOTATION}/{name}", folder / name, sha256=sha256, size=size)
    if clips:
        _download_clips(folder)
    return folder


def _download_clips(folder: Path) -> None:
    inner, outer = folder / "MELD.Raw", folder / "MELD.Raw.tar.gz"
    missing = [part for part, name in CLIP_FOLDERS.items() if not (folder / name).exists()]
    if not missing:
        return
    if not inner.exists():
        here = sum(
            path.stat().st_size for path in (outer, folder / f"{outer.name}.part") if path.exists()
        )
        print(
            f"MELD's clips: {max(0, CLIPS_BYTES - here) / 1e9:.1f} GB to download, {CLIPS_ROOM / 1e9:.0f} GB of disk "
            "until they are unpacked. They are cut from a television series whose rights MELD's authors do not own: "
            "do not pass them on.",
            flush=True,
        )
        _require_room(folder, CLIPS_ROOM - here, "MELD's clips")
        try:
            fetch(CLIPS, outer)
        except DataError as error:
            raise DataError(
                error.given,
                error.expected,
                f"{error.do} Or save {CLIPS_MIRROR} as {outer} and call again.",
            ) from None
        print(f"{outer}: {outer.stat().st_size:,} bytes, sha256 {_sha256(outer)}", flush=True)
        unpack(outer, inner, wanted=f"({'|'.join(missing)})\\.tar\\.gz")
        outer.unlink()
    for part in missing:
        archive = inner / f"{part}.tar.gz"
        if not archive.exists():
            raise DataError(
                f"{inner} without {archive.name}",
                f"there: {', '.join(f'{name}.tar.gz' for name in missing)}",
                f"delete {inner} and call again; if it stays so, the archive at {CLIPS} has changed.",
            )
        _require_room(folder, archive.stat().st_size * 11 // 10, f"the clips of {archive.name}")
        unpack(archive, folder / CLIP_FOLDERS[part], wanted=CLIP_NAME)
        archive.unlink()
    outer.unlink(missing_ok=True)  # left where the last call was stopped between two steps
    if not any(inner.iterdir()):
        inner.rmdir()
