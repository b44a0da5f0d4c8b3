"""What wav files say of their own length, and what programs write there that cannot seek back.

In: an open file. Out: whether it is cut off; and the file as libsndfile wants it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

# Sizes that stand for "until the end", written by programs that stream: sox; arecord and most
# others; ffmpeg. They are rounded down to whole samples, and some have the header subtracted.
_STREAMED = (0x7FFFF000, 0x80000000, 0xFFFFFFFF)
_ROUNDING = 64
_FIRST_CHUNK = 12


class _Chunk(NamedTuple):
    """One part of a wav: its name, its size as promised, where it ends, and whether it is padded.

    A chunk of odd size is followed by a zero that its size does not count; some programs forget it.
    """

    name: bytes
    size: int
    end: int
    lacks_padding: bool


def is_wav(file: BinaryIO) -> bool:
    """Whether the file calls itself a wav."""
    file.seek(0)
    head = file.read(_FIRST_CHUNK)
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def _length(file: BinaryIO) -> int:
    return file.seek(0, io.SEEK_END)


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """The chunks from the first to the data, which is the last that counts."""
    at, length = _FIRST_CHUNK, _length(file)
    while at + 8 <= length:
        file.seek(at)
        name, size = file.read(4), int.from_bytes(file.read(4), "little")
        end = at + 8 + size
        lacks_padding = False
        if size % 2 and end < length:
            file.seek(end)
            following = file.read(5)
            lacks_padding = following[:1] != b"\0" and following[1:] != b"data"
        yield _Chunk(name, size, end, lacks_padding)
        if name == b"data":
            return
        at = end + size % 2 - lacks_padding


def is_cut_off(file: BinaryIO) -> bool:
    """Whether a wav ends before its data do, which libsndfile repairs silently."""
    for chunk in _chunks(file):
        if chunk.name == b"data":
            streamed = chunk.size == 0 or any(
                0 <= top - chunk.size < _ROUNDING for top in _STREAMED
            )
            return not streamed and chunk.end > _length(file)
    return True  # no data at all


def mended_wav(file: BinaryIO) -> BinaryIO:
    """The file itself; or a copy in memory, as libsndfile wants it.

    There odd chunks have the padding that they lack, and data whose size was left at zero have one
    that says "until the end".
    """
    chunks = list(_chunks(file))
    lacking = [chunk.end for chunk in chunks if chunk.lacks_padding and chunk.name != b"data"]
    size_at = None
    ends_empty = bool(chunks) and chunks[-1].name == b"data" and chunks[-1].size == 0
    if ends_empty and _is_sound(file, chunks[-1].end):
        size_at = chunks[-1].end - 4
    if not lacking and size_at is None:
        return file
    file.seek(0)
    data = file.read()
    if size_at is not None:
        data = data[:size_at] + b"\xff" * 4 + data[size_at + 4 :]
    for end in reversed(lacking):
        data = data[:end] + b"\0" + data[end:]
    return io.BytesIO(data)


def _is_sound(file: BinaryIO, at: int) -> bool:
    """Whether what follows data of size zero are samples, and not another chunk or nothing."""
    file.seek(at)
    name, size = file.read(4), int.from_bytes(file.read(4), "little")
    rest = _length(file) - at
    is_chunk = name.isascii() and name.decode("latin-1").isprintable() and size <= rest - 8
    return rest > 0 and not is_chunk
